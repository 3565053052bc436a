internal import Answering
internal import Images
internal import MixtureOfDepths
internal import Models
internal import PocketWorld
internal import Tensors
internal import Training

/// The model learns to answer questions about pictures.
struct InstructTask: TrainingTask {
  let model: VisionLanguageModel
  let images: any ImageEncoder
  /// Makes inputs of pictures for encoders that do not read plain squares.
  let imageProcessor: (any ImageProcessor)?
  let weighting: RunConfiguration.AnswerWeighting
  let training: WorldExamples
  let validation: WorldExamples

  func piece(samples: Range<Int>) throws -> any TrainingPiece {
    try piece(samples.map(training.picture))
  }

  func validate(samples: Range<Int>, tape: Tape) throws -> Measurements {
    try piece(samples.map(validation.picture)).measurements(tape)
  }

  private func piece(_ pictures: [WorldExamples.Picture]) throws -> PackedPiece {
    let inputs: [ImageInput]
    let rowsPerPicture: Int
    var axes: [AxisPlaces?]?
    if let square = images as? any SquareImageEncoder {
      // All pictures are views of one input.
      inputs = [try WorldExamples.input(pictures.map(\.scene), side: square.imageSize)]
      rowsPerPicture = square.tokensPerImage
    } else {
      guard let imageProcessor, let imageID = model.imageTokenID else {
        throw TrainingError("this stage learns from pictures, which a \(model.family) model does not read")
      }
      inputs = try pictures.map { try imageProcessor.process(WorldExamples.pixels(of: $0.scene)) }
      for input in inputs { try images.check(input) }
      // The world's pictures are all of one size.
      rowsPerPicture = inputs.first.map { images.tokenCount(of: $0) } ?? 0
      axes = zip(pictures, inputs).map { picture, input in
        let ids = picture.text.prefix + [Int](repeating: imageID, count: rowsPerPicture)
        return images.axisPlaces(ids, imageTokenID: imageID, inputs: [input])
      }
    }
    let packed = PackedQuestions(
      pictures.map(\.text), imageRows: pictures.map { _ in Array(0..<rowsPerPicture) },
      patchCount: rowsPerPicture, axes: axes, weighting: weighting,
      sharesPictures: model.routing?.trainingSharesPictures ?? true)
    return try PackedPiece(packed, Objective(model)) { [model] tape in model.encode(inputs, tape) }
  }
}
