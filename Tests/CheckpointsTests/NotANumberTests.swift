import Foundation
import Tensors
import Testing

@testable import Checkpoints

/// Numbers that are none are found while a tensor is read, and named.
@Suite struct NotANumberTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static func bytes(_ type: StoredType, _ number: Double) -> [UInt8] {
    func list<Bits: FixedWidthInteger>(_ bits: Bits) -> [UInt8] {
      withUnsafeBytes(of: bits.littleEndian) { Array($0) }
    }
    switch type {
    case .float64: return list(number.bitPattern)
    case .float32: return list(Float(number).bitPattern)
    case .bfloat16: return list(UInt16(Float(number).bitPattern >> 16))
    default: return list(Float16(number).bitPattern)
    }
  }

  private func file(_ type: StoredType, _ wrong: Double, at place: Int, of count: Int) throws
    -> SafetensorsFile
  {
    var bytes: [UInt8] = []
    for index in 0..<count { bytes += Self.bytes(type, index == place ? wrong : 0.5) }
    var writer = SafetensorsWriter()
    try writer.add("good", Tensor([1], shape: [1]))
    try writer.add("layers.3.weight", bytes: bytes, type, shape: [count])
    let url = folder.url.appendingPathComponent("weights.safetensors")
    try writer.write(to: url)
    return try SafetensorsFile(url)
  }

  @Test(arguments: [StoredType.float16, .bfloat16, .float32, .float64], DType.allCases)
  func tensorsThatHoldNoneAreNamed(_ type: StoredType, as dtype: DType) throws {
    for (count, places) in [(1, [0]), (37, [0, 20, 36])] {
      for place in places {
        for wrong in [Double.nan, .infinity, -.infinity] {
          let file = try file(type, wrong, at: place, of: count)
          #expect(try file.tensor("good").floats() == [1])
          let error = #expect(throws: CheckpointError.self) { try file.tensor("layers.3.weight", as: dtype) }
          #expect(error?.path == file.url.path)
          #expect(error?.message.contains("layers.3.weight") == true)
        }
      }
    }
  }

  @Test func numbersTooLargeForTheWorkingFormatAreNamed() throws {
    let large = try file(.float32, Double(Float.greatestFiniteMagnitude), at: 3, of: 5)
    #expect(try large.tensor("layers.3.weight").isFinite)
    #expect(throws: CheckpointError.self) { try large.tensor("layers.3.weight", as: .bfloat16) }
    let larger = try file(.float64, 1e300, at: 0, of: 5)
    for dtype in DType.allCases {
      #expect(throws: CheckpointError.self) { try larger.tensor("layers.3.weight", as: dtype) }
    }
  }

  /// A tensor that is converted in several parts, and one whose elements lie apart.
  @Test func everyPartIsLookedAt() throws {
    let count = (4 << 20) / 4 + 100
    for place in [0, count - 1] {
      let file = try file(.float32, .nan, at: place, of: count)
      #expect(throws: CheckpointError.self) { try file.tensor("layers.3.weight") }
    }
  }

  @Test func packedWeightsWithoutNumbersAreNamed() throws {
    let backend = Backend()
    let matrix = PackedMatrix(
      Tensor([Float](repeating: 0.5, count: 64 * 128), shape: [64, 128]), format: .int8, backend: backend)
    var bytes = matrix.withBytes { Array($0) }
    (bytes[32 * 256], bytes[32 * 256 + 1]) = (0xC0, 0x7F)
    var writer = SafetensorsWriter()
    try writer.add("proj.weight.int8", bytes: bytes, .uint8, shape: [bytes.count])
    let url = folder.url.appendingPathComponent("packed.safetensors")
    try writer.write(to: url)
    let error = #expect(throws: CheckpointError.self) {
      try SafetensorsFile(url).packed("proj.weight.int8", shape: [64, 128], .int8, backend)
    }
    #expect(error?.path == url.path && error?.message.contains("proj.weight.int8") == true)
  }

  @Test func digestsTellContentsApart() throws {
    let file = try folder.file("a.json", Array("[1]".utf8))
    let before = try ContentDigest.text(of: file)
    let whole = try ContentDigest.text(of: folder.url)
    #expect(before.utf8.count == 64 && before != whole)
    _ = try folder.file("notes.md", Array("no matter".utf8))
    #expect(try ContentDigest.text(of: folder.url) == whole)
    _ = try folder.file("a.json", Array("[2]".utf8))
    #expect(try ContentDigest.text(of: file) != before)
    #expect(try ContentDigest.text(of: folder.url) != whole)
    #expect(throws: (any Error).self) {
      try ContentDigest.text(of: folder.url.appendingPathComponent("none"))
    }
  }
}
