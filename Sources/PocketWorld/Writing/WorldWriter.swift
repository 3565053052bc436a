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
  /// - Throws: `WorldError`, or the error of the picture or JSON writer.
  package static func write(
    to folder: URL, split: WorldSplit, count: Int, seed: UInt64,
    kinds: [QuestionKind] = QuestionKind.allCases,
    onProgress: @escaping (_ done: Int, _ all: Int) -> Void = { _, _ in }
  ) throws {
    guard countRange.contains(count) else { throw WorldError.countOutOfRange(count, countRange) }
    let files = FileManager.default
    let target = folder.standardizedFileURL
    if files.fileExists(atPath: target.path) {
      guard let content = try? files.contentsOfDirectory(atPath: target.path), content.isEmpty else {
        throw WorldError.exists(path: target.path)
      }
    }
    PartialItem.clean(beside: target)
    let draft = PartialItem.partial.url(beside: target)
    do {
      try files.createDirectory(at: draft, withIntermediateDirectories: true)
      let lock = ItemLock(draft)
      defer { withExtendedLifetime(lock) {} }
      for (index, kind) in kinds.enumerated() {
        var written = 0
        onProgress(index * count, kinds.count * count)
        let output = try BenchmarkOutput(draft.appending(path: kind.benchmark)) { sample in
          written += sample.questions.count
          onProgress(index * count + min(written, count), kinds.count * count)
        }
        try output.write(samples(of: kind, split: split, count: count, seed: seed), of: kind)
      }
      onProgress(kinds.count * count, kinds.count * count)
      try BenchmarkOutput(draft).write(
        [
          "world": 1, "split": JSONValue(split.rawValue), "count": JSONValue(count),
          "seed": JSONValue(String(seed)),
        ], to: "world.json")
      if files.fileExists(atPath: target.path) { try files.removeItem(at: target) }
      try files.moveItem(at: draft, to: target)
    } catch let error as CocoaError {
      try? files.removeItem(at: draft)
      throw WorldError.unwritable(path: target.path, reason: error.localizedDescription)
    } catch {
      try? files.removeItem(at: draft)
      throw error
    }
  }

  /// Scenes that have a question of the kind, from the split's first scene on, with at least `count` questions.
  private static func samples(
    of kind: QuestionKind, split: WorldSplit, count: Int, seed: UInt64
  ) -> [WorldSample] {
    let generator = SceneGenerator(seed: seed, split: split)
    var samples: [WorldSample] = []
    var (index, questions) = (0, 0)
    while questions < count {
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
