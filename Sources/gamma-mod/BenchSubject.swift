import Answering
import Foundation
import Images
import Loading
import MixtureOfDepths
import Models
import Speed
import Tensors
import Wording

/// The two models that are compared, and how they see pictures.
struct BenchSubject {
  let dense, routed: VisionLanguageModel
  /// What the encoder reads where no picture is given; nil for its own idea of an empty picture.
  let picture: ImageInput?
  private let imageProcessor: (any ImageProcessor)?

  /// - Parameters:
  ///   - model: A model folder.
  ///   - shape: The name of a model of random weights, where there is no folder.
  ///   - skip: Share of the image rows to skip; nil for the model's own rule.
  ///   - denseLayers: Layers that stay dense beside a random router.
  ///   - decodeThreshold: Its p from which on a generated row runs; nil for 0.5.
  init(
    model: String?, shape: String?, precision: WeightPrecision?, skip: Double?, denseLayers: Int,
    decodeThreshold: Float?
  ) throws {
    func routedAtRandom(_ dense: VisionLanguageModel) -> VisionLanguageModel {
      dense.routedAtRandom(
        skip: skip ?? 0.5, denseLayers: denseLayers, decodeThreshold: decodeThreshold)
    }
    if let shape = shape.flatMap(ModelShape.init(rawValue:)) {
      dense = try shape.model(precision ?? .float32)
      routed = routedAtRandom(dense)
      (imageProcessor, picture) = (try shape.imageProcessor(), try shape.picture())
      return
    }
    let url = URL(fileURLWithPath: model ?? "")
    let dense = try GammaModel.load(
      url, precision: precision, routing: .ignored, onRead: ProgressLine.loading())
    let stored = try GammaModel.load(
      url, precision: precision, routing: skip.map { .skip($0) } ?? .asStored, onRead: ProgressLine.loading())
    self.dense = dense
    routed = stored.routing == nil ? routedAtRandom(dense) : stored
    imageProcessor = try dense.imageProcessor(in: url)
    picture = nil
  }

  /// Image tokens of a prompt without a picture of its own.
  var imageTokens: Int {
    dense.images.map { $0.tokenCount(of: picture ?? $0.blank) } ?? ModelShape.textOnlyImageTokens
  }

  func tokenCount(of input: ImageInput) throws -> Int {
    try dense.images?.check(input)
    return dense.images?.tokenCount(of: input) ?? 0
  }

  /// What reads a picture file and makes the encoder's input of it.
  func loader(of path: String) throws -> () throws -> ImageInput {
    guard let imageProcessor else {
      throw AnswerError("a \(dense.family) model reads text only, not pictures")
    }
    return { try imageProcessor.process(ImageLoader.load(path: path)) }
  }
}
