package import Checkpoints
package import Foundation
package import Tensors

/// A folder of `Tests/Fixtures/models`: a tiny model, inputs, and what the original implementation made of them.
package struct ReferenceCase {
  package let url: URL
  package let inputs: SafetensorsFile
  package let outputs: SafetensorsFile

  package init(_ name: String) throws {
    url = Self.folder(name)
    inputs = try SafetensorsFile(url.appendingPathComponent("inputs.safetensors"))
    outputs = try SafetensorsFile(url.appendingPathComponent("outputs.safetensors"))
  }

  package static func folder(_ name: String) -> URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/models/\(name)")
  }

  /// In front of the names of each prompt's tensors.
  package var prompts: [String] {
    ["", "prompt1.", "prompt2."].filter { inputs.names.contains("\($0)input_ids") }
  }

  /// A prompt with the picture that belongs to it.
  package func prompt(_ prefix: String) throws -> GreedyRun.Prompt {
    let pixels = ["\(prefix)pixel_values", "pixel_values"].first { inputs.names.contains($0) }
    return GreedyRun.Prompt(
      ids: try inputs.int64s("\(prefix)input_ids").map(Int.init),
      pixels: try pixels.map { try inputs.tensor($0) })
  }

  /// What the original recorded under a name; nil if it did not.
  package func floats(_ name: String) throws -> [Float]? {
    outputs.names.contains(name) ? try outputs.floats(name) : nil
  }

  /// What the original recorded under a name; nil if it did not.
  package func integers(_ name: String) throws -> [Int]? {
    outputs.names.contains(name) ? try outputs.int64s(name).map(Int.init) : nil
  }
}

extension Backend {
  /// Every kernel variant that this processor runs with each matrix library, and the fastest with two threads.
  package static var all: [Backend] {
    kernelVariants.flatMap { kernels in
      MatrixLibrary.allCases.map { Backend(kernels: kernels, matrixLibrary: $0) } + [
        Backend(kernels: kernels, threads: 2)
      ]
    }
  }
}
