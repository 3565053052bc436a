internal import Images
internal import Models
internal import PocketWorld
internal import Tensors

/// The tower learns what each patch shows: linear heads on its features name the labels, and the projector aims at the
/// rows that the decoder knows from the symbolic stage.
struct PatchTask: TrainingTask {
  let images: any SquareImageEncoder
  /// Linear heads, one output per label, the lessons side by side.
  let heads: Parameter
  let headBias: Parameter
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

  /// The labels that heads learn to name, at centres and letters and of the object that fills a patch: how many there are
  /// (0 for nothing included), the factor on the loss, and whether the decoder is told them.
  static let lessons: [(name: String, count: Int, weight: Float, isAim: Bool)] = [
    ("shape", 6, 1, true), ("color", 7, 1, true), ("size", 3, 1, true), ("letter", 27, 1, true),
    ("filling shape", 6, 0.5, false), ("filling color", 7, 0.5, false), ("filling size", 3, 0.5, false),
    ("row offset", 6, 0.5, false), ("column offset", 6, 0.5, false),
  ]

  /// The labels of every lesson for the patches of a scene.
  static func labels(_ scene: Scene) -> [[UInt8]] {
    let (labels, coverage) = (PatchLabels(scene), PatchCoverage(scene))
    return [
      labels.shape, labels.color, labels.size, labels.letter, coverage.shape, coverage.color, coverage.size,
      coverage.rowOffset, coverage.columnOffset,
    ]
  }

  var ownParameters: [Parameter] { [heads, headBias] }

  func piece(pictures: Range<Int>) throws -> any TrainingPiece {
    try PatchPiece(task: self, pictures: pictures.map { training.scenePicture($0) })
  }

  func validate(pictures: Range<Int>, tape: Tape) throws -> Measurements {
    let piece = try PatchPiece(task: self, pictures: pictures.map { validation.scenePicture($0) })
    return try piece.loss(targets: piece.targets, share: 1, tape: tape).1
  }
}

extension WorldExamples {
  /// A picture without its questions.
  func scenePicture(_ index: Int) -> Picture {
    Picture(scene: scene(index), prefix: [], questions: [])
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

  init(task: PatchTask, pictures: [WorldExamples.Picture]) throws {
    self.task = task
    scenes = pictures.map(\.scene)
    let perScene = scenes.map { PatchTask.labels($0) }
    labels = PatchTask.lessons.indices.map { lesson in perScene.flatMap { $0[lesson].map { Int32($0) } } }
    isAimed = zip(labels[0], labels[3]).map { $0 > 0 || $1 > 0 }
    self.pictures = try WorldExamples.input(pictures, side: task.images.imageSize)
  }

  var rows: Int { isAimed.count }
  var targets: Double { Double(rows) }

  func loss(targets total: Double, share: Double, tape: Tape) throws -> (Value, Measurements) {
    var numbers = Measurements()
    let features = task.images.features(self.pictures, tape)
    var loss = labelLoss(features, share: Float(share), tape, &numbers)
    if let tables = task.tables {
      let all = scenes.map { _ in Array(0..<WorldRules.patchCount) }
      let aim = tables.rows(
        scenes.map { PatchLabels($0) }, patches: all, Tape(backend: tape.backend, pool: tape.pool)
      ).tensor
      let weights = isAimed.map { $0 ? PatchTask.aimedPatchWeight : 1 }
      let scale = Float(share) / weights.reduce(0, +)
      let distance = tape.squaredError(
        task.images.project(features, of: self.pictures, tape), target: aim, weights: weights, scale: scale)
      numbers.add("distance", Double(distance.tensor.scalar) / share)
      loss = tape.add(loss, tape.scale(distance, by: PatchTask.distanceWeight))
    }
    return (loss, numbers)
  }

  /// The weighted mean cross entropies of all lessons; measures which patches have all of the decoder's labels right.
  private func labelLoss(_ features: Value, share: Float, _ tape: Tape, _ numbers: inout Measurements)
    -> Value
  {
    let scores = tape.linear(features, task.heads, bias: task.headBias)
    var isRight = [Bool](repeating: true, count: rows)
    var loss = Value(constant: Tensor([0], shape: [1]))
    var first = 0
    for (lesson, targets) in zip(PatchTask.lessons, labels) {
      let part = tape.columns(scores, first..<first + lesson.count)
      let weights = targets.map { $0 > 0 ? PatchTask.fullPatchWeight : 1 }
      let entropy = tape.crossEntropy(
        part, targets: targets, weights: weights, scale: lesson.weight * share / weights.reduce(0, +))
      loss = tape.add(loss, entropy)
      numbers.add("labels", Double(entropy.tensor.scalar / share))
      first += lesson.count
      guard lesson.isAim else { continue }
      for (row, target) in targets.enumerated() {
        let line = UnsafeBufferPointer(
          start: part.tensor.floatPointer + row * lesson.count, count: lesson.count)
        let isHit = line.indices.max { line[$0] < line[$1] } == Int(target)
        if !isHit { isRight[row] = false }
        if target > 0 { numbers.add(lesson.name, isHit ? 1 : 0) }
      }
    }
    for row in 0..<rows { numbers.add(isAimed[row] ? "full" : "empty", isRight[row] ? 1 : 0) }
    return loss
  }
}
