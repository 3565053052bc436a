internal import Foundation
internal import Models
internal import Tensors
internal import Wording

/// The least memory that a run takes: what its counts ask for can be told before it is asked of the system.
struct MemoryNeed {
  private let run: RunConfiguration
  /// Bytes of gradients, of the optimiser's moments and of what is learnt.
  private let learning: Double
  /// Bytes of the rows of a step, which the backward pass wants again.
  private let step: Double

  /// - Parameter learnt: How many numbers the run changes.
  /// - Throws: If the first sample cannot be read.
  init(_ run: RunConfiguration, _ lesson: Lesson, learnt: Double) throws {
    self.run = run
    learning = learnt * Double(DType.float32.size) * Double(run.pieces + 3)
    let decoder = lesson.model.decoder
    // Of each row at least queries, keys and values and what the layer hands on.
    let values =
      4 * decoder.configuration.hiddenSize * (lesson.parts.contains(.decoder) ? decoder.layers.count : 1)
    let rows = try lesson.task.piece(samples: 0..<1).rows
    step = Double(rows) * Double(values * DType.float32.size) * Double(run.picturesPerStep)
  }

  /// - Throws: `TrainingError` that names the counts if this machine has less.
  func check(memory: UInt64 = ProcessInfo.processInfo.physicalMemory) throws {
    let machine = Double(memory)
    let part: (keys: String, what: String)
    if learning > machine {
      part = (
        run.lowRank == nil ? "pieces" : "pieces and lora.rank",
        "what is learnt, its moments and the gradients of \(run.pieces) pieces take \(Self.text(learning))"
      )
    } else if learning + step > machine {
      part = (
        "pictures_per_step",
        "the rows of \(counted(run.picturesPerStep, "sample")) and what is learnt take \(Self.text(learning + step))"
      )
    } else {
      return
    }
    throw TrainingError(
      "\(part.what) of memory at least and this machine has \(Self.text(machine)); lower \(part.keys), or train fewer parts"
    )
  }

  private static func text(_ bytes: Double) -> String { String(format: "%.1f GiB", bytes / 0x1p30) }
}
