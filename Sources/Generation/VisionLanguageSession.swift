public import Foundation
public import Images
public import MixtureOfDepths
public import Models
public import Tensors
public import Tokenization

/// A model with its tokenizer and picture preprocessing, ready to be asked.
public final class VisionLanguageSession: Sendable {
  public let model: VisionLanguageModel
  public let tokenizer: any TextTokenizer
  public let template: ConversationTemplate
  public let backend: Backend
  /// Nil for models that read text only.
  public let preparer: (any ImagePreparer)?

  /// - Parameters:
  ///   - url: A checkpoint folder with its tokenizer's files.
  ///   - threads: The most threads that one operation uses.
  public init(
    _ url: URL, dtype: DType = .float32, routing: GammaModel.Routing = .asStored,
    template: ConversationTemplate = .vicunaV1, threads: Int
  ) throws {
    let model = try GammaModel.load(url, dtype: dtype, routing: routing)
    self.model = model
    tokenizer = try TokenizerFolder.load(url)
    self.template = template
    backend = Backend(threads: threads)
    preparer = try model.images.map { encoder in
      guard let square = encoder as? any SquareImageEncoder else {
        throw GenerationError("pictures cannot be prepared for a \(model.family) model yet")
      }
      return SquarePreparer(processor: try CLIPImageProcessor(modelFolder: url, side: square.imageSize))
    }
  }

  /// A session over parts that are already there.
  public init(
    model: VisionLanguageModel, tokenizer: any TextTokenizer, template: ConversationTemplate,
    backend: Backend,
    preparer: (any ImagePreparer)?
  ) {
    self.model = model
    self.tokenizer = tokenizer
    self.template = template
    self.backend = backend
    self.preparer = preparer
  }

  /// A prompt about some pictures, cut and tokenised by the conversation's rules.
  /// - Parameter messages: `<image>` in their texts marks the pictures' places, in order; pictures without a mark go to
  ///   the front of the last user message.
  public func prompt(_ messages: [ConversationMessage], images: [PixelImage]) throws -> Prompt {
    var messages = messages
    let marks = messages.reduce(0) { $0 + (($1.text ?? "").components(separatedBy: Self.mark).count - 1) }
    if marks == 0, !images.isEmpty, let last = messages.lastIndex(where: { $0.role == .user }) {
      let front = String(repeating: Self.mark + "\n", count: images.count)
      messages[last].text = front + (messages[last].text ?? "")
    } else if marks != images.count {
      throw GenerationError("the conversation marks \(marks) pictures but \(images.count) are given")
    }
    let text = try template.prompt(messages)
    let pieces = template.encode(text, tokenizer: tokenizer, imageID: Self.imagePlace)
    guard model.images != nil, let preparer else {
      guard images.isEmpty else {
        throw GenerationError("a \(model.family) model reads text only, not pictures")
      }
      return Prompt(ids: pieces, imageTokenID: nil, images: [])
    }
    return try Prompt(
      marked: pieces, mark: Self.imagePlace, images: images.map { try preparer.input($0) }, model: model)
  }

  /// The ids after which an answer is complete.
  public var endIDs: Set<Int> { Set([tokenizer.eosID].compactMap { $0 }) }

  static let imagePlace = -200
  static let mark = "<image>"
}

extension VisionLanguageSession {
  /// Sessions that may answer at the same time, all with this one's weights: small models answer faster side by side,
  /// large ones with all threads on one operation.
  public var lanes: [VisionLanguageSession] {
    let small = 100_000_000
    let parameters = model.decoder.parameters.reduce(0) { $0 + $1.tensor.count }
    guard backend.threads > 1, parameters < small else { return [self] }
    return (0..<backend.threads).map { _ in VisionLanguageSession(self, backend: Backend()) }
  }

  private convenience init(_ other: VisionLanguageSession, backend: Backend) {
    self.init(
      model: other.model, tokenizer: other.tokenizer, template: other.template, backend: backend,
      preparer: other.preparer)
  }
}
