package import Foundation
package import Images
package import MixtureOfDepths
package import Models
package import Tensors
package import Tokenization

/// A model with its tokenizer and picture preprocessing, ready to be asked.
package final class VisionLanguageSession: Sendable {
  package let model: VisionLanguageModel
  package let tokenizer: any TextTokenizer
  package let template: ConversationTemplate
  package let backend: Backend
  /// Nil for models that read text only.
  package let preparer: ImagePreparer?
  /// The ids after which an answer is complete.
  package let endIDs: Set<Int>

  /// - Parameters:
  ///   - url: A checkpoint folder with its tokenizer's files.
  ///   - template: By default the one that the model's family was trained with.
  ///   - threads: The most threads that one operation uses.
  ///   - base: The model that `url` only changes, for folders that hold an adapter or a projector.
  package init(
    _ url: URL, precision: WeightPrecision? = nil, routing: GammaModel.Routing = .asStored,
    template: ConversationTemplate? = nil, threads: Int,
    base: URL? = nil
  ) throws {
    let model = try GammaModel.load(url, precision: precision, routing: routing, base: base)
    self.model = model
    let files = try GammaModel.tokenizerFolder(url, base: base)
    tokenizer = try TokenizerFolder.load(files)
    self.template = template ?? ConversationTemplate.usual(for: model)
    backend = Backend(threads: threads)
    preparer = try model.images.map { try ImagePreparer(modelFolder: files, encoder: $0) }
    endIDs = Self.endIDs(tokenizer, self.template)
  }

  /// A session over parts that are already there.
  package init(
    model: VisionLanguageModel, tokenizer: any TextTokenizer, template: ConversationTemplate,
    backend: Backend, preparer: ImagePreparer?
  ) {
    self.model = model
    self.tokenizer = tokenizer
    self.template = template
    self.backend = backend
    self.preparer = preparer
    endIDs = Self.endIDs(tokenizer, self.template)
  }

  /// The end of the text, and the template's own end of an answer where that is one token.
  private static func endIDs(_ tokenizer: any TextTokenizer, _ template: ConversationTemplate) -> Set<Int> {
    let stops = template.stopStrings.map { tokenizer.encode($0, addBOS: false) }.filter { $0.count == 1 }
    return Set(stops.joined() + [tokenizer.eosID].compactMap { $0 })
  }

  /// A prompt about some pictures, cut and tokenised by the conversation's rules.
  /// - Parameter messages: `<image>` in their texts marks the pictures' places, in order; pictures without a mark go to
  ///   the front of the last user message.
  package func prompt(_ messages: [ConversationMessage], images: [PixelImage]) throws -> Prompt {
    var messages = messages
    let marks = messages.reduce(0) { $0 + (($1.text ?? "").components(separatedBy: Self.mark).count - 1) }
    if marks == 0, !images.isEmpty, let last = messages.lastIndex(where: { $0.role == .user }) {
      let front = String(repeating: Self.mark + "\n", count: images.count)
      messages[last].text = front + (messages[last].text ?? "")
    } else if marks != images.count {
      throw AnswerError("the conversation marks \(marks) pictures but \(images.count) are given")
    }
    let inputs = try images.compactMap { try preparer?.input($0) }
    let grids = inputs.map { PictureGrid(rows: $0.grid?.height ?? 0, columns: $0.grid?.width ?? 0) }
    var text = try template.prompt(messages)
    if template.turns.tilesPictures { text = try template.tilingPictures(in: text, grids: grids) }
    let pieces = template.encode(text, tokenizer: tokenizer, imageID: Self.imagePlace)
    guard model.images != nil, preparer != nil else {
      guard images.isEmpty else {
        throw AnswerError("a \(model.family) model reads text only, not pictures")
      }
      return try Prompt(ids: pieces, imageTokenID: nil, pictures: [])
    }
    return try Prompt(marked: pieces, mark: Self.imagePlace, images: inputs, model: model)
  }

  /// Marks a picture's place among token ids, as in LLaVA's code.
  package static let imagePlace = -200
  static let mark = "<image>"
}

extension VisionLanguageSession {
  /// Sessions that may answer at the same time, all with this one's weights: small models answer faster side by side,
  /// large ones with all threads on one operation.
  package var lanes: [VisionLanguageSession] {
    let small = 100_000_000
    let parameters = model.decoder.parameters.reduce(0) { $0 + $1.count }
    guard backend.threads > 1, parameters < small else { return [self] }
    return (0..<backend.threads).map { _ in VisionLanguageSession(self, backend: Backend()) }
  }

  private convenience init(_ other: VisionLanguageSession, backend: Backend) {
    self.init(
      model: other.model, tokenizer: other.tokenizer, template: other.template, backend: backend,
      preparer: other.preparer)
  }
}
