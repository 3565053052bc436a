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
  public let processor: CLIPImageProcessor?

  /// - Parameters:
  ///   - url: A checkpoint folder with its tokenizer's files.
  ///   - threads: The most threads that one operation uses.
  public init(
    _ url: URL, dtype: DType = .float32, routing: GammaModel.Routing = .asStored,
    template: ConversationTemplate = .vicunaV1, threads: Int
  ) throws {
    model = try GammaModel.load(url, dtype: dtype, routing: routing)
    tokenizer = try TokenizerFolder.load(url)
    self.template = template
    backend = Backend(threads: threads)
    processor = try model.images.map { try CLIPImageProcessor(modelFolder: url, side: $0.imageSize) }
  }

  /// A session over parts that are already there.
  public init(
    model: VisionLanguageModel, tokenizer: any TextTokenizer, template: ConversationTemplate,
    backend: Backend,
    processor: CLIPImageProcessor?
  ) {
    self.model = model
    self.tokenizer = tokenizer
    self.template = template
    self.backend = backend
    self.processor = processor
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
    guard let encoder = model.images, let processor, let imageID = model.imageTokenID else {
      guard images.isEmpty else {
        throw GenerationError("a \(model.family) model reads text only, not pictures")
      }
      return Prompt(ids: pieces, imageTokenID: nil, pixels: nil)
    }
    let ids = pieces.flatMap { id in
      id == Self.imagePlace ? [Int](repeating: imageID, count: encoder.tokensPerImage) : [id]
    }
    return Prompt(ids: ids, imageTokenID: imageID, pixels: try pixels(images, encoder, processor))
  }

  /// - Shape: `[images.count, 3, side, side]`; nil without images
  private func pixels(_ images: [PixelImage], _ encoder: any ImageEncoder, _ processor: CLIPImageProcessor)
    throws -> Tensor?
  {
    guard !images.isEmpty else { return nil }
    let side = encoder.imageSize
    let values = try images.flatMap { image -> [Float] in
      let values = try processor.pixelValues(image)
      guard values.width == side, values.height == side else {
        throw GenerationError(
          "the preprocessor makes pictures of \(values.width)×\(values.height) pixels but the tower reads \(side)×\(side); "
            + "preprocessor_config.json and config.json do not belong together")
      }
      return values.values
    }
    return Tensor(values, shape: [images.count, 3, side, side])
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
      processor: other.processor)
  }
}
