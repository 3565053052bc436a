package import MixtureOfDepths
internal import Models
package import Tensors
internal import Wording

/// Work on packed questions or conversations: pictures' rows and text through the decoder, to the objective.
package struct PackedPiece: TrainingPiece {
  let packed: PackedQuestions
  private let objective: Objective
  private let imageRows: (Tape) -> Value?
  private let notes: Measurements

  /// - Parameters:
  ///   - notes: Measurements to show besides those of the answers.
  ///   - imageRows: Makes the rows of the pictures, one picture's behind the other's; nil without pictures.
  /// - Throws: `TrainingError` if a token is outside the decoder's vocabulary, or a sequence longer than its context.
  package init(
    _ packed: PackedQuestions, _ objective: Objective, notes: Measurements = Measurements(),
    imageRows: @escaping (Tape) -> Value?
  ) throws {
    let vocabulary = objective.decoder.configuration.vocabularySize
    if let wrong = (packed.textIDs + packed.targets.tokens).first(where: { !(0..<vocabulary).contains($0) }) {
      throw TrainingError.outside(vocabulary, token: wrong)
    }
    let context = objective.decoder.configuration.contextLength
    let longest = packed.batch.slices.map { packed.batch.start(of: $0) + $0.length }.max() ?? 0
    guard longest <= context else {
      throw TrainingError(
        "a question with its picture takes \(counted(longest, "token")) but the model reads at most \(context); take a model of a longer context, or one that makes fewer rows of a picture"
      )
    }
    self.packed = packed
    self.objective = objective
    self.imageRows = imageRows
    self.notes = notes
  }

  package var targets: Double { packed.targets.weight }
  package var rows: Int { packed.batch.rowCount }

  func losses(
    targets total: Double, share: Double, tape: Tape, observer: (any DecoderObserver)? = nil
  ) -> Objective.Losses {
    objective.losses(
      of: packed.embed(objective.decoder, imageRows: imageRows(tape), tape), in: packed.batch, packed.targets,
      stepWeight: total, share: share, tape: tape, observer: observer)
  }

  package func loss(targets total: Double, share: Double, tape: Tape) -> (Value, Measurements) {
    let losses = losses(targets: total, share: share, tape: tape)
    var numbers = notes
    numbers.add(packed.accuracy(losses.logits))
    numbers.add("answers", Double(losses.answers) * total, count: targets)
    if !losses.auxiliary.isEmpty {
      numbers.add("router", losses.auxiliary.reduce(0.0) { $0 + Double($1) })
    }
    return (losses.total, numbers)
  }
}
