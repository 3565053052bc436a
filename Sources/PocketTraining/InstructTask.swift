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
  let routerCoefficient: Double
  let weighting: RunConfiguration.AnswerWeighting
  let training: WorldExamples
  let validation: WorldExamples

  func piece(samples: Range<Int>) throws -> any TrainingPiece {
    try InstructPiece(task: self, pictures: samples.map(training.picture))
  }

  func validate(samples: Range<Int>, tape: Tape) throws -> Measurements {
    try InstructPiece(task: self, pictures: samples.map(validation.picture)).measurements(tape)
  }
}

private struct InstructPiece: TrainingPiece {
  let task: InstructTask
  /// All pictures as views of one input, or one input each.
  let inputs: [ImageInput]
  let packed: PackedQuestions

  init(task: InstructTask, pictures: [WorldExamples.Picture]) throws {
    self.task = task
    let rowsPerPicture: Int
    var axes: [AxisPlaces?]?
    if let square = task.images as? any SquareImageEncoder {
      inputs = [try WorldExamples.input(pictures.map(\.scene), side: square.imageSize)]
      rowsPerPicture = square.tokensPerImage
    } else {
      guard let imageProcessor = task.imageProcessor, let imageID = task.model.imageTokenID else {
        throw TrainingError(
          "this stage learns from pictures, which a \(task.model.family) model does not read")
      }
      inputs = try pictures.map { try imageProcessor.process(WorldExamples.pixels(of: $0.scene)) }
      for input in inputs { try task.images.check(input) }
      // The world's pictures are all of one size.
      rowsPerPicture = inputs.first.map { task.images.tokenCount(of: $0) } ?? 0
      axes = zip(pictures, inputs).map { picture, input in
        let ids = picture.text.prefix + [Int](repeating: imageID, count: rowsPerPicture)
        return task.images.axisPlaces(ids, imageTokenID: imageID, inputs: [input])
      }
    }
    packed = PackedQuestions(
      pictures.map(\.text), imageRows: pictures.map { _ in Array(0..<rowsPerPicture) },
      patchCount: rowsPerPicture,
      axes: axes, weighting: task.weighting,
      sharesPictures: task.model.routing?.trainingSharesPictures ?? true)
  }

  var targets: Double { packed.targetWeight }
  var rows: Int { packed.batch.rowCount }

  func loss(targets total: Double, share: Double, tape: Tape) throws -> (Value, Measurements) {
    let pass = DecoderPass(packed.batch, tape: tape)
    let decoder = task.model.decoder
    guard let rows = task.model.encode(inputs, tape) else { throw TrainingError("a piece without pictures") }
    let hidden = decoder.forward(packed.embed(decoder, imageRows: rows, tape), pass)
    return packed.loss(
      hidden, decoder: decoder, pass: pass, routerCoefficient: task.routerCoefficient, targets: total,
      share: share)
  }
}
