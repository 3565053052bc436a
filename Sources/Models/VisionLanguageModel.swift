public import StrictJSON
public import Tensors

/// Turns pictures into rows of a decoder.
public protocol ImageEncoder: Sendable {
  /// Rows per picture.
  var tokensPerImage: Int { get }
  /// Side of the square picture that the tower reads, in pixels.
  var imageSize: Int { get }
  /// Width of a row of features.
  var featureWidth: Int { get }
  /// Patches along one side of the picture.
  var gridSide: Int { get }
  var towerParameters: [Parameter] { get }
  var projectorParameters: [Parameter] { get }
  /// What enters the projector.
  /// - Shape: pixels `[images, 3, imageSize, imageSize]` → `[images · tokensPerImage, tower width]`
  func features(_ pixels: Tensor, _ tape: Tape) -> Value
  /// - Shape: features → `[images · tokensPerImage, decoder width]`
  func project(_ features: Value, _ tape: Tape) -> Value
}

/// A decoder and, unless it reads text only, the encoder of its pictures.
public struct VisionLanguageModel: Sendable {
  /// The family's name, as `inspect` prints it.
  public let family: String
  /// config.json.
  public let configuration: JSONObject
  public let decoder: LlamaDecoder
  public let images: (any ImageEncoder)?
  /// The token that stands for one image row in a prompt.
  public let imageTokenID: Int?

  /// The same model with another decoder.
  package func replacingDecoder(_ decoder: LlamaDecoder, configuration: JSONObject? = nil)
    -> VisionLanguageModel
  {
    VisionLanguageModel(
      family: family, configuration: configuration ?? self.configuration, decoder: decoder, images: images,
      imageTokenID: imageTokenID)
  }

  /// All parameters, each once, in a fixed order.
  public var parameters: [Parameter] {
    imageParameters + decoder.parameters
  }

  /// All tensors under their names in a checkpoint.
  public var storedTensors: [(name: String, parameter: Parameter)] {
    imageParameters.map { ($0.name, $0) } + decoder.storedTensors
  }

  private var imageParameters: [Parameter] {
    (images?.towerParameters ?? []) + (images?.projectorParameters ?? [])
  }

  /// The token rows of prompts with the image rows in their places.
  /// - Parameters:
  ///   - ids: Token ids; each id equal to `imageTokenID` takes the next image row.
  ///   - imageRows: The projected rows of all pictures, in the order of the prompts.
  /// - Shape: imageRows `[n, width]` → `[ids.count, width]`
  /// - Throws: If there are more or fewer places than rows.
  public func embed(_ ids: [Int], imageRows: Value?, _ tape: Tape) throws -> Value {
    let places = ids.indices.filter { ids[$0] == imageTokenID }
    let rows = imageRows?.rows ?? 0
    guard places.count == rows else {
      throw ModelError("the prompt has places for \(places.count) image tokens but the pictures have \(rows)")
    }
    if let wrong = ids.first(where: {
      $0 < 0 || $0 >= decoder.configuration.vocabularySize && $0 != imageTokenID
    }) {
      throw ModelError(
        "the token id \(wrong) is outside the vocabulary of \(decoder.configuration.vocabularySize); tokenizer and model do not belong together"
      )
    }
    guard let imageRows, rows > 0 else { return decoder.embed(ids, tape) }
    let others = ids.indices.filter { ids[$0] != imageTokenID }
    guard !others.isEmpty else { return imageRows }
    let text = decoder.embed(others.map { ids[$0] }, tape)
    return tape.assemble(
      [RowSource(text, places: others), RowSource(imageRows, places: places)], rows: ids.count)
  }
}
