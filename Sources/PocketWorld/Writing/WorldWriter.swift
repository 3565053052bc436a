import Files
package import Foundation
import StrictJSON

/// Writes pictures and questions as files, one folder per benchmark, each in the benchmark's own format.
package enum WorldWriter {
  /// Questions per kind that can be asked for.
  package static let countRange = 1...1_000_000

  /// Writes a split with at least `count` questions of each kind; the same arguments give the same questions.
  ///
  /// The folder appears under its name only when it is complete. A file `world.json` says how it was made.
  /// - Parameters:
  ///   - folder: must not exist yet, or be empty.
  ///   - kinds: the kinds to write, all by default.
  ///   - onProgress: receives how many questions are written, and how many there will be.
  ///   - isCancelled: asked before every picture; true ends the writing, of which nothing is left.
  /// - Throws: `WorldError`, `CancellationError`, or the error of the picture or JSON writer.
  package static func write(
    to folder: URL, split: WorldSplit, count: Int, seed: UInt64,
    kinds: [QuestionKind] = QuestionKind.allCases,
    onProgress: @escaping (_ done: Int, _ all: Int) -> Void = { _, _ in },
    isCancelled: @escaping () -> Bool = { false }
  ) throws {
    guard countRange.contains(count) else { throw WorldError.countOutOfRange(count, countRange) }
    let target = folder.standardizedFileURL
    if let kind = Disk.kind(of: target), kind != .folder || Disk.holdsSomething(target) {
      throw WorldError.exists(path: target.path)
    }
    try Disk.createFolder(target.deletingLastPathComponent())
    PartialItem.clean(beside: target)
    let draft = PartialItem.partial.url(beside: target)
    do {
      try Disk.createFolder(draft)
      let lock = ItemLock(draft)
      defer { withExtendedLifetime(lock) {} }
      for (index, kind) in kinds.enumerated() {
        var written = 0
        onProgress(index * count, kinds.count * count)
        let folder = draft.appending(path: kind.benchmark)
        let output = try BenchmarkOutput(folder, isCancelled: isCancelled) { sample in
          written += sample.questions.count
          onProgress(index * count + min(written, count), kinds.count * count)
        }
        try output.write(
          samples(of: kind, split: split, count: count, seed: seed, isCancelled), of: kind)
      }
      onProgress(kinds.count * count, kinds.count * count)
      try BenchmarkOutput(draft).write(
        [
          "world": 1, "split": JSONValue(split.rawValue), "count": JSONValue(count),
          "seed": JSONValue(String(seed)),
        ], to: "world.json")
      do {
        // An empty folder is replaced, one that another run has filled is not.
        try Disk.move(draft, to: target)
      } catch  where Disk.holdsSomething(target) {
        throw WorldError.exists(path: target.path)
      }
    } catch {
      try? FileManager.default.removeItem(at: draft)
      throw PartialItem.named(error, draft, for: target)
    }
  }

  /// Scenes that have a question of the kind, from the split's first scene on, with at least `count` questions.
  private static func samples(
    of kind: QuestionKind, split: WorldSplit, count: Int, seed: UInt64, _ isCancelled: () -> Bool
  ) throws -> [WorldSample] {
    let generator = SceneGenerator(seed: seed, split: split)
    var samples: [WorldSample] = []
    var (index, questions) = (0, 0)
    while questions < count {
      if isCancelled() { throw CancellationError() }
      let scene = generator.scene(at: index)
      let sample = WorldSample(
        number: samples.count, index: index, scene: scene,
        questions: QuestionWriter.questions(of: kind, scene, seed: seed))
      if sample.isWanted {
        samples.append(sample)
        questions += sample.questions.count
      }
      index += 1
    }
    return samples
  }
}

/// A picture with its questions of one kind, on its way to a file.
struct WorldSample {
  /// Counts the pictures of the kind.
  let number: Int
  /// The scene's index in its split.
  let index: Int
  let scene: Scene
  /// One, or two of the kind `pair`.
  let questions: [WorldQuestion]

  /// The scene's index as twelve digits, as COCO names its pictures.
  var name: String {
    let digits = String(index)
    return String(repeating: "0", count: max(0, 12 - digits.count)) + digits
  }

  /// Whether the sample has a question that the next place needs: POPE's settings and MME's tasks take turns, and
  /// so do POPE's answers, to be balanced at any length.
  var isWanted: Bool {
    guard let question = questions.first else { return false }
    switch question.detail {
    case .exist(let category):
      let all = WorldQuestion.ProbeCategory.allCases
      return category == all[number % all.count]
        && (question.answer == "Yes") == (number / all.count).isMultiple(of: 2)
    case .pair(let category):
      let all = WorldQuestion.PairCategory.allCases
      return category == all[number % all.count]
    default:
      return true
    }
  }
}
