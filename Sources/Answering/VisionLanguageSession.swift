internal import Foundation
package import Images
package import Loading
internal import MixtureOfDepths
package import Models
internal import StrictJSON
internal import Synchronization
package import Tensors
package import Tokenization
internal import Wording

/// A model with its tokenizer and picture preprocessing, ready to be asked.
package final class VisionLanguageSession: Sendable {
  package let model: VisionLanguageModel
  package let tokenizer: any TextTokenizer
  package let template: ConversationTemplate
  package let backend: Backend
  /// Nil for models that read text only.
  package let imageProcessor: (any ImageProcessor)?
  /// The ids after which an answer is complete.
  package let endIDs: Set<Int>
  /// Told what users should know: a template that the tokenizer does not know, more pictures than the model is used to.
  private let notify: @Sendable (String) -> Void
  /// Whether `notify` was told about several pictures; once is enough.
  private let hasToldOfPictures = Atomic(false)

  /// - Parameters:
  ///   - place: A checkpoint folder with its tokenizer's files, or a GGUF file.
  ///   - template: By default the one that the model's family was trained with.
  ///   - system: What the model is told before the conversation; nil for the template's own words.
  ///   - threads: The most threads that one operation uses.
  ///   - registry: The families that are known.
  ///   - onRead: Receives how many bytes of the weights have been read, and how many there are.
  ///   - notify: Receives what users should know, as sentences without their full stops.
  package convenience init(
    _ place: some ModelPlacing, precision: WeightPrecision? = nil, routing: GammaModel.Routing = .asStored,
    template: ConversationTemplate? = nil, system: String? = nil,
    threads: Int, registry: ModelRegistry = .standard,
    onRead: @escaping (_ read: Int, _ all: Int) -> Void = { _, _ in },
    notify: @escaping @Sendable (String) -> Void = { _ in }
  ) throws {
    let model = try GammaModel.load(
      place, precision: precision, routing: routing, registry: registry, onRead: onRead)
    let usual = template ?? model.template
    self.init(
      model: model,
      tokenizer: try TokenizerFolder.load(model.documents ?? FolderDocuments(place.modelPlace.url)),
      template: system.map(usual.withSystem) ?? usual, backend: Backend(threads: threads),
      imageProcessor: try model.imageProcessor(), notify: notify)
    for notice in model.notices + self.template.faults(with: tokenizer) { notify(notice) }
  }

  /// A session over parts that are already there.
  package init(
    model: VisionLanguageModel, tokenizer: any TextTokenizer, template: ConversationTemplate,
    backend: Backend, imageProcessor: (any ImageProcessor)?,
    notify: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.model = model
    self.notify = notify
    self.template = template
    self.backend = backend
    self.imageProcessor = imageProcessor
    model.layOut(backend)
    endIDs = Self.endIDs(tokenizer, template)
    // What ends an answer or stands for a picture is not spelt by a user, whatever the tokenizer's files call it.
    self.tokenizer = tokenizer.reserving(endIDs.union(model.imageTokenID.map { [$0] } ?? []))
  }

  /// The end of the text, and the template's own end of an answer where that is one token.
  private static func endIDs(_ tokenizer: any TextTokenizer, _ template: ConversationTemplate) -> Set<Int> {
    let stops = template.stopStrings.map { tokenizer.encode($0, addBOS: false) }.filter { $0.count == 1 }
    return Set(stops.joined() + [tokenizer.eosID].compactMap { $0 })
  }

  /// A prompt about some pictures, cut and tokenised by the conversation's rules.
  /// - Parameter messages: Their parts mark the pictures' places, in order; pictures without a place go to the front of
  ///   the last user message.
  package func prompt(_ messages: [ConversationMessage], images: [PixelImage]) throws -> Prompt {
    guard images.isEmpty || model.images != nil && imageProcessor != nil else {
      throw AnswerError("a \(model.family) model reads text only, not pictures")
    }
    var text = try template.prompt(placing(images.count, in: messages))
    guard text.pictureCount == images.count else {
      throw AnswerError(
        "the conversation marks \(counted(text.pictureCount, "picture")) but \(counted(images.count, "is", "are")) given"
      )
    }
    if let usual = model.definition.picturesPerPrompt, images.count > usual,
      !hasToldOfPictures.exchange(true, ordering: .relaxed)
    {
      notify(
        "\(counted(images.count, "picture is", "pictures are")) given, but \(model.family) models are trained on \(usual) a prompt; answers may mix them up"
      )
    }
    let inputs = try images.compactMap { try imageProcessor?.process($0) }
    let grids = inputs.map { PictureGrid(rows: $0.grid?.height ?? 0, columns: $0.grid?.width ?? 0) }
    text = try template.tilingPictures(in: text, grids: grids)
    // A model may have said what stands for a picture in prompts.
    text = text.replacing { part in
      guard case .tokens(let ids) = part else { return nil }
      return .tokens(ids.filter { $0 != model.imageTokenID && $0 != Self.imagePlace })
    }
    let ids = text.ids(tokenizer, pictureID: Self.imagePlace)
    guard model.images != nil else { return try Prompt(ids: ids, imageTokenID: nil, pictures: []) }
    return try Prompt(marked: ids, mark: Self.imagePlace, images: inputs, model: model)
  }

  /// The messages with places for as many pictures, where the last question has none of its own.
  private func placing(_ count: Int, in messages: [ConversationMessage]) -> [ConversationMessage] {
    let missing = count - messages.reduce(0) { $0 + ($1.content?.pictureCount ?? 0) }
    guard missing > 0, let last = messages.lastIndex(where: { $0.role == .user }),
      let content = messages[last].content, content.pictureCount == 0
    else { return messages }
    var messages = messages
    messages[last].content = .pictures(missing) + content
    return messages
  }

  /// Marks a picture's place among token ids, as in LLaVA's code.
  package static let imagePlace = PromptText.pictureID
}

extension VisionLanguageSession {
  /// Sessions that may answer at the same time, all with this one's weights: small models answer faster side by side,
  /// large ones with all threads on one operation.
  package var lanes: [VisionLanguageSession] {
    let small = 100_000_000
    let parameters = model.decoder.parameters.reduce(0) { $0 + $1.count }
    guard backend.threads > 1, parameters < small else { return [self] }
    // More than there are processors would only share out the memory.
    let lanes = min(backend.threads, ProcessInfo.processInfo.activeProcessorCount)
    return (0..<lanes).map { _ in VisionLanguageSession(self, backend: Backend()) }
  }

  private convenience init(_ other: VisionLanguageSession, backend: Backend) {
    self.init(
      model: other.model, tokenizer: other.tokenizer, template: other.template, backend: backend,
      imageProcessor: other.imageProcessor, notify: other.notify)
  }
}
