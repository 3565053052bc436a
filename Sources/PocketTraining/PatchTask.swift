internal import Images
internal import Models
internal import PocketWorld
internal import Tensors
internal import Training

/// The tower learns what each patch shows: linear heads on its features name the labels, and the projector aims at the
/// rows that the decoder knows from the symbolic stage.
struct PatchTask: TrainingTask {
  let images: any SquareImageEncoder
  let heads: PatchHeads
  /// The symbolic stage's tables, which stay as they are.
  let tables: SymbolTables?
  let training: WorldExamples
  let validation: WorldExamples

  /// How many times more a patch that shows something counts.
  static let fullPatchWeight: Float = 3
  /// The factor on the distance between projected and symbolic rows.
  static let distanceWeight: Float = 2
  /// How many times more a patch that the decoder is told something about counts in that distance.
  static let aimedPatchWeight: Float = 10

  var ownParameters: [Parameter] { [heads.weight, heads.bias] }

  func piece(samples: Range<Int>) throws -> any TrainingPiece {
    try PatchPiece(task: self, scenes: samples.map(training.scene))
  }

  func validate(samples: Range<Int>, tape: Tape) throws -> Measurements {
    try PatchPiece(task: self, scenes: samples.map(validation.scene)).measurements(tape)
  }
}

private struct PatchPiece: TrainingPiece {
  let task: PatchTask
  let pictures: ImageInput
  let scenes: [Scene]
  /// For each lesson the labels of all patches of all pictures.
  let labels: [[Int32]]
  /// Patches that the decoder is told something about.
  let isAimed: [Bool]

  init(task: PatchTask, scenes: [Scene]) throws {
    self.task = task
    self.scenes = scenes
    let perScene = scenes.map { PatchHeads.labels($0) }
    labels = PatchHeads.lessons.indices.map { lesson in perScene.flatMap { $0[lesson].map { Int32($0) } } }
    isAimed = zip(labels[0], labels[3]).map { $0 > 0 || $1 > 0 }
    pictures = try WorldExamples.input(scenes, side: task.images.imageSize)
  }

  var rows: Int { isAimed.count }
  var targets: Double { Double(rows) }

  func loss(targets total: Double, share: Double, tape: Tape) throws -> (Value, Measurements) {
    var numbers = Measurements()
    let features = task.images.features(pictures, tape)
    var loss = labelLoss(features, share: Float(share), tape, &numbers)
    if let tables = task.tables {
      let all = scenes.map { _ in Array(0..<WorldRules.patchCount) }
      let aim = tables.rows(
        scenes.map { PatchLabels($0) }, patches: all, Tape(backend: tape.backend, pool: tape.pool)
      ).tensor
      let weights = isAimed.map { $0 ? PatchTask.aimedPatchWeight : 1 }
      let scale = Float(share) / weights.reduce(0, +)
      let distance = tape.squaredError(
        task.images.project(features, of: pictures, tape), target: aim, weights: weights, scale: scale)
      numbers.add("distance", Double(distance.tensor.scalar) / share)
      loss = tape.add(loss, tape.scale(distance, by: PatchTask.distanceWeight))
    }
    return (loss, numbers)
  }

  /// The weighted mean cross entropies of all lessons; measures which patches have all of the decoder's labels right.
  private func labelLoss(_ features: Value, share: Float, _ tape: Tape, _ numbers: inout Measurements)
    -> Value
  {
    let scores = task.heads.scores(features, tape)
    var isRight = [Bool](repeating: true, count: rows)
    var loss = Value(constant: Tensor([0], shape: [1]))
    var first = 0
    for (lesson, targets) in zip(PatchHeads.lessons, labels) {
      let part = tape.columns(scores, first..<first + lesson.count)
      let weights = targets.map { $0 > 0 ? PatchTask.fullPatchWeight : 1 }
      let entropy = tape.crossEntropy(
        part, targets: targets, weights: weights, scale: lesson.weight * share / weights.reduce(0, +))
      loss = tape.add(loss, entropy)
      numbers.add("labels", Double(entropy.tensor.scalar / share))
      first += lesson.count
      guard lesson.isAim else { continue }
      for (row, best) in part.tensor.largestColumns().enumerated() {
        let isHit = best == Int(targets[row])
        if !isHit { isRight[row] = false }
        if targets[row] > 0 { numbers.add(lesson.name, isHit ? 1 : 0) }
      }
    }
    for row in 0..<rows { numbers.add(isAimed[row] ? "full" : "empty", isRight[row] ? 1 : 0) }
    return loss
  }
}
