import Checkpoints
import Comparing
import Foundation
import Tensors
import Testing

@testable import GGUF

/// Blocks where files have none as a rule: in vectors, convolutions and tensors that are put together.
@Suite struct OddShapeTests {
  private static let q80: UInt32 = 8
  private let backend = Backend()

  /// The same eight blocks of Q8_0 as a matrix, a vector and convolutions.
  private func file(_ body: (GGUFFile) throws -> Void) throws {
    var builder = GGUFBuilder()
    let blocks = (0..<8).flatMap { block in
      GGUFBuilder.little(UInt16(0x2C00 + block))
        + (0..<32).map { UInt8(truncatingIfNeeded: 37 * ($0 + block)) }
    }
    let shapes: [(String, [Int64])] = [
      ("matrix", [64, 4]), ("vector", [256]), ("convolution", [32, 2, 2, 2]), ("other", [32, 2, 2, 2]),
      ("none", [32, 0]),
    ]
    for (name, sizes) in shapes {
      builder.addTensor(name, sizes, type: Self.q80, offset: UInt64(builder.data.count))
      if name == "none" { continue }
      builder.data += blocks + [UInt8](repeating: 0, count: (32 - blocks.count % 32) % 32)
    }
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).gguf")
    defer { try? FileManager.default.removeItem(at: url) }
    try Data(builder.bytes).write(to: url)
    try body(GGUFFile(url))
  }

  @Test func everyShapeHasTheSameNumbers() throws {
    try file { file in
      let right = try file.numbers("matrix", as: .float32, pool: nil, backend).floats()
      for (name, shape) in [("vector", [256]), ("convolution", [2, 2, 2, 32])] {
        let found = try file.numbers(name, as: .float32, pool: nil, backend)
        #expect(found.shape == shape && worstDifference(found.floats(), right) == 0, "\(name)")
        #expect(
          try worstDifference(file.blocks(name, .q80, backend).unpacked().floats(), right) == 0, "\(name)")
      }
      #expect(try file.numbers("none", as: .float32, pool: nil, backend).floats().isEmpty)
    }
  }

  /// What is put together of several tensors' numbers is read as numbers.
  @Test func madeTensorsAreNumbers() throws {
    try file { file in
      let tensors = try GGUFTensors(
        [
          "frames": GGUFTensor(.frames(["convolution", "other"])),
          "lifted": GGUFTensor(.lifted("vector", axes: 1)),
          "shifted": GGUFTensor("matrix", shift: 1), "rows": GGUFTensor(.rows(["matrix", "matrix"])),
        ], in: [file])
      let right = try file.numbers("matrix", as: .float32, pool: nil, backend).floats()
      for name in ["frames", "lifted", "shifted"] { #expect(try tensors.entry(name).storedType == .float32) }
      #expect(try tensors.entry("frames").shape == [2, 2, 2, 2, 32])
      #expect(try tensors.tensor("frames").count == 512)
      #expect(try worstDifference(tensors.floats("lifted"), right) == 0)
      #expect(try worstDifference(tensors.floats("shifted"), right.map { $0 + 1 }) == 0)
      #expect(
        try worstDifference(tensors.blocks("rows", .q80, backend).unpacked().floats(), right + right) == 0)
    }
  }
}
