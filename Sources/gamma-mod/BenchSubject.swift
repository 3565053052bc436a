import Answering
import ArgumentParser
import Foundation
import Images
import Loading
import MixtureOfDepths
import Models
import Speed
import StrictJSON
import Tensors
import Wording

/// The two models that are compared, and how they see pictures.
struct BenchSubject {
  let dense, routed: VisionLanguageModel
  /// What the encoder reads where no picture is given; nil for its own idea of an empty picture.
  let picture: ImageInput?
  private let imageProcessor: (any ImageProcessor)?

  /// - Parameters:
  ///   - model: Where a model lies.
  ///   - shape: The name of a model of random weights, where there is no model.
  ///   - skip: Share of the image rows to skip; nil for the model's own rule.
  ///   - denseLayers: Layers that stay dense beside a random router; nil for the usual ones.
  ///   - decodeThreshold: Its p from which on a generated row runs; nil for 0.5.
  init(
    model: ModelPlace?, shape: String?, precision: WeightPrecision?, skip: Double?, denseLayers: Int?,
    decodeThreshold: Float?
  ) throws {
    func routedAtRandom(_ dense: VisionLanguageModel) throws -> VisionLanguageModel {
      let (count, layers) = (
        denseLayers ?? VisionLanguageModel.officialDenseLayers, dense.decoder.layers.count
      )
      guard denseLayers == nil || count < layers else {
        throw ValidationError("--dense-layers: \(count) of \(counted(layers, "layer")) leave none to route")
      }
      return dense.routedAtRandom(skip: skip ?? 0.5, denseLayers: count, decodeThreshold: decodeThreshold)
    }
    if let shape = shape.flatMap(ModelShape.init(rawValue:)) {
      dense = try shape.model(precision ?? .float32)
      routed = try routedAtRandom(dense)
      (imageProcessor, picture) = (try shape.imageProcessor(), try shape.picture())
      return
    }
    let place = model ?? ModelPlace(URL(fileURLWithPath: "."))
    let dense = try GammaModel.load(
      place, precision: precision, routing: .ignored, onRead: ProgressLine.loading())
    if dense.configuration["mod"]?.object?["mod_enable"]?.bool ?? (dense.configuration["mod"]?.object != nil)
    {
      try Bounds.refuse(
        [("--dense-layers", denseLayers != nil), ("--decode-threshold", decodeThreshold != nil)],
        "the model has a router of its own")
      routed = try GammaModel.load(
        place, precision: precision, routing: skip.map { .skip($0) } ?? .asStored,
        onRead: ProgressLine.loading())
    } else {
      routed = try routedAtRandom(dense)
    }
    self.dense = dense
    imageProcessor = try dense.imageProcessor()
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
  func loader(of input: PictureInput, _ path: String) throws -> () throws -> ImageInput {
    guard let imageProcessor else {
      throw AnswerError("a \(dense.family) model reads text only, not pictures")
    }
    return { try imageProcessor.process(input.load(path)) }
  }
}
