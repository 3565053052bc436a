import Checkpoints
import Comparing
import Foundation
import Tensors
import Testing

@testable import GGUF

/// Every element type of a file, against what gguf-py reads; `scripts/make-gguf-fixtures` wrote both.
@Suite struct ElementTypeTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fixtures/gguf")

  private let file: GGUFFile
  private let expected: SafetensorsFile
  private static let backends = Backend.kernelVariants.map { Backend(kernels: $0) }

  init() throws {
    file = try GGUFFile(Self.folder.appendingPathComponent("types.gguf"))
    expected = try SafetensorsFile(Self.folder.appendingPathComponent("types.safetensors"))
  }

  @Test func everyTypeIsThere() {
    let blocks = StoredType.allCases.filter(\.isBlocks).map(\.rawValue)
    #expect(Set(file.names) == Set(blocks + ["F32", "F16", "F64"]))
    #expect(Set(file.names) == Set(expected.names))
  }

  @Test func numbersAreThoseOfTheOriginalToTheBit() throws {
    for backend in Self.backends {
      for name in file.names {
        let all = try file.numbers(name, as: .float32, pool: nil, backend)
        let right = try expected.floats(name)
        let rows = stride(from: 0, to: all.rows, by: right.count == all.count ? 1 : 7)
        let found = rows.flatMap { all.rows($0..<$0 + 1).floats() }
        #expect(worstDifference(found, right) == 0, "\(name), \(backend.summary)")
      }
    }
  }

  private func matrix(_ name: String, _ backend: Backend) throws -> PackedMatrix? {
    try file.entry(name).storedType.packedFormat.map { try file.blocks(name, $0, backend) }
  }

  /// Rows have 15 bits, so that products are nearly those of floats.
  @Test(arguments: [1, 2, 5, 49]) func productsAreNearlyExact(_ rows: Int) throws {
    for backend in Self.backends {
      for name in file.names {
        guard let matrix = try matrix(name, backend) else { continue }
        let x = (0..<rows * matrix.inputs).map { sinf(Float($0) * 1.7) * ($0 % 97 == 0 ? 20 : 1) }
        let input = Tensor(x, shape: [rows, matrix.inputs])
        let tape = Tape(backend: backend)
        let result = tape.linear(Value(constant: input), Parameter(name: "w", packed: matrix)).tensor.floats()
        let weights = matrix.unpacked().floats()
        var (error, size) = (0.0, 0.0)
        for row in [0, rows / 2, rows - 1] {
          for output in [0, 13, 63, 64, 69] {
            let right = (0..<matrix.inputs).reduce(0.0) {
              $0 + Double(x[row * matrix.inputs + $1]) * Double(weights[output * matrix.inputs + $1])
            }
            let difference = Double(result[row * matrix.outputs + output]) - right
            error += difference * difference
            size += right * right
          }
        }
        #expect(error <= 1e-6 * size, "\(name), \(rows) rows, \(backend.summary)")
      }
    }
  }

  /// Gates and their partners of different formats are multiplied one after the other.
  @Test func gatesMayHaveOtherFormats() throws {
    let backend = Backend()
    let names = ["Q4_K", "Q6_K"]
    let (gate, up) = (try matrix(names[0], backend), try matrix(names[1], backend))
    guard let gate, let up else { return #expect(Bool(false)) }
    let x = Tensor((0..<3 * gate.inputs).map { sinf(Float($0)) }, shape: [3, gate.inputs])
    func run(_ first: Parameter, _ second: Parameter) -> [Float] {
      Tape(backend: backend).gatedLinear(Value(constant: x), gate: Tape.Map(first), up: Tape.Map(second))
        .tensor.floats()
    }
    let packed = run(Parameter(name: "g", packed: gate), Parameter(name: "u", packed: up))
    let plain = run(
      Parameter(name: "g", tensor: gate.unpacked()), Parameter(name: "u", tensor: up.unpacked()))
    let largest = plain.map(abs).max() ?? 0
    #expect(worstDifference(packed, plain) <= 1e-3 * largest)
  }

  @Test func packedRowsAreWrittenAndReadBack() throws {
    let backend = Backend()
    for name in file.names {
      guard let matrix = try matrix(name, backend) else { continue }
      let copy = matrix.withBytes {
        PackedMatrix(bytes: $0, shape: matrix.shape, format: matrix.format, backend: backend)
      }
      #expect(copy.unpacked().floats() == matrix.unpacked().floats(), "\(name)")
    }
  }
}
