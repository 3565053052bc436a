internal import MixtureOfDepths
internal import Models
internal import PocketWorld
internal import Tensors
internal import Training

/// The decoder learns to answer questions about scenes that it gets as symbols.
struct SymbolTask: TrainingTask {
  let decoder: TransformerDecoder
  let tables: SymbolTables
  let training: WorldExamples
  let validation: WorldExamples
  /// Choices for how many patches of a picture have a row; empty means all.
  let imageRowCounts: [Int]
  let weighting: RunConfiguration.AnswerWeighting
  let seed: UInt64

  var ownParameters: [Parameter] { tables.parameters }

  func piece(samples: Range<Int>) throws -> any TrainingPiece {
    let list = try samples.map(training.picture)
    let patches = zip(samples, list).map { visiblePatches($1.scene, picture: $0) }
    return try piece(list, patches)
  }

  func validate(samples: Range<Int>, tape: Tape) throws -> Measurements {
    let list = try samples.map(validation.picture)
    let patches = list.map { _ in Array(0..<WorldRules.patchCount) }
    return try piece(list, patches).measurements(tape)
  }

  /// All patches that show something and as many empty ones as the drawn count leaves room for.
  private func visiblePatches(_ scene: Scene, picture: Int) -> [Int] {
    let all = Array(0..<WorldRules.patchCount)
    guard !imageRowCounts.isEmpty else { return all }
    var random = SplitMix64(seed: seed, index: UInt64(picture))
    let wanted = imageRowCounts[Int(random.next() % UInt64(imageRowCounts.count))]
    let labels = PatchLabels(scene)
    let full = all.filter { labels.shape[$0] > 0 || labels.letter[$0] > 0 }
    var empty = all.filter { labels.shape[$0] == 0 && labels.letter[$0] == 0 }
    empty.shuffle(using: &random)
    return (full + empty.prefix(max(0, wanted - full.count))).sorted()
  }

  private func piece(_ pictures: [WorldExamples.Picture], _ patches: [[Int]]) throws -> PackedPiece {
    let packed = PackedQuestions(
      pictures.map(\.text), imageRows: patches, patchCount: WorldRules.patchCount, weighting: weighting,
      sharesPictures: true)
    let labels = pictures.map { PatchLabels($0.scene) }
    return try PackedPiece(packed, Objective(decoder, routerCoefficient: 0)) { [tables] tape in
      tables.rows(labels, patches: patches, tape)
    }
  }
}
