internal import Models
internal import PocketWorld
internal import Tensors

/// The model learns to answer questions about pictures.
struct InstructTask: TrainingTask {
  let model: VisionLanguageModel
  let images: any SquareImageEncoder
  let routerCoefficient: Double
  let weighting: RunConfiguration.AnswerWeighting
  let training: WorldExamples
  let validation: WorldExamples

  var ownParameters: [Parameter] { [] }

  func piece(pictures: Range<Int>) throws -> any TrainingPiece {
    try InstructPiece(task: self, pictures: pictures.map { try training.picture($0) })
  }

  func validate(pictures: Range<Int>, tape: Tape) throws -> Measurements {
    let piece = try InstructPiece(task: self, pictures: pictures.map { try validation.picture($0) })
    return try piece.loss(targets: piece.targets, share: 1, tape: tape).1
  }
}

private struct InstructPiece: TrainingPiece {
  let task: InstructTask
  let pictures: ImageInput
  let packed: PackedQuestions

  init(task: InstructTask, pictures: [WorldExamples.Picture]) throws {
    self.task = task
    self.pictures = try WorldExamples.input(pictures, side: task.images.imageSize)
    let count = task.images.tokensPerImage
    packed = PackedQuestions(
      pictures, imageRows: pictures.map { _ in Array(0..<count) }, patchCount: count,
      weighting: task.weighting)
  }

  var targets: Double { packed.targetWeight }
  var rows: Int { packed.batch.rowCount }

  func loss(targets total: Double, share: Double, tape: Tape) throws -> (Value, Measurements) {
    let pass = DecoderPass(packed.batch, tape: tape)
    let rows = task.images.encode(self.pictures, tape)
    let decoder = task.model.decoder
    let hidden = decoder.forward(packed.embed(decoder, imageRows: rows, tape), pass)
    return packed.loss(
      hidden, decoder: decoder, pass: pass, routerCoefficient: task.routerCoefficient, targets: total,
      share: share)
  }
}
