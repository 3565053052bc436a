import Files
import Foundation
import Testing
import Timing

@testable import Checkpoints

@Suite struct SafetensorsHeaderTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func open(_ bytes: [UInt8], limits: SafetensorsLimits = SafetensorsLimits()) throws
    -> SafetensorsFile
  {
    try SafetensorsFile(try folder.file("test.safetensors", bytes), limits: limits)
  }

  static func bytes(_ header: String, data: Int) -> [UInt8] {
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian, Array.init) + Array(header.utf8)
      + [UInt8](repeating: 0, count: data)
  }

  /// A header of one tensor.
  static func tensor(_ shape: String, _ offsets: String, dtype: String = "F32") -> String {
    #"{"a":{"dtype":"\#(dtype)","shape":\#(shape),"data_offsets":\#(offsets)}}"#
  }

  @Test(arguments: malformed + moreMalformed)
  func refusesMalformedHeaders(_ header: String, _ data: Int, _ phrase: String) {
    expectError(phrase) { try open(Self.bytes(header, data: data)) }
  }

  @Test func thereAreEnoughExamples() { #expect(Self.malformed.count + Self.moreMalformed.count >= 60) }

  @Test func everyMalformedHeaderIsRefusedSoon() throws {
    for (header, data, _) in Self.malformed + Self.moreMalformed {
      let url = try folder.file("test.safetensors", Self.bytes(header, data: data))
      #expect(threadMilliseconds { _ = try? SafetensorsFile(url) } < 100, "\(header)")
    }
  }

  @Test func refusesFilesThatAreCutOffOrNoFiles() throws {
    let good = Self.bytes(Self.tensor("[2]", "[0,8]"), data: 8)
    _ = try open(good)
    for count in 0..<good.count { expectError("") { try open(Array(good.prefix(count))) } }
    expectError("empty") { try open([]) }
    expectError("only 7 bytes") { try open(Array(good.prefix(7))) }
    #expect(throws: FileError.self) { try SafetensorsFile(folder.url.appendingPathComponent("none")) }
    #expect(throws: FileError.self) { try SafetensorsFile(folder.url) }
  }

  @Test func checksTheHeaderLengthBeforeAnythingElse() {
    for length: UInt64 in [.max, 1 << 63, (16 << 20) + 1] {
      expectError("limit") { try open(withUnsafeBytes(of: length.littleEndian, Array.init) + [0x7B, 0x7D]) }
    }
    expectError("cut off") {
      try open(withUnsafeBytes(of: UInt64(3).littleEndian, Array.init) + [0x7B, 0x7D])
    }
  }

  @Test func limitsTheNumberOfTensors() throws {
    var limits = SafetensorsLimits()
    limits.tensors = 1
    let header =
      #"{"__metadata__":{},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"#
      + #""b":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#
    expectError("more than 1 tensors") { try open(Self.bytes(header, data: 0), limits: limits) }
    limits.tensors = 2
    #expect(try open(Self.bytes(header, data: 0), limits: limits).names == ["a", "b"])
  }

  /// Any changed byte of a header must end in an error or a file that is still consistent, never in a trap.
  @Test func survivesDamagedHeaders() throws {
    let good = try Data(contentsOf: fixture("checkpoints/all-types.safetensors"))
    for place in 0..<600 {
      for byte in [UInt8(0), 0x22, 0x2C, 0x30, 0x39, 0x5B, 0x7D, 0xFF] {
        var damaged = [UInt8](good)
        damaged[place] = byte
        let header = damaged.withUnsafeBytes {
          try? SafetensorsHeader($0, path: "damaged", limits: SafetensorsLimits())
        }
        guard header != nil else { continue }
        let file = try open(damaged)
        for name in file.names {
          _ = try? file.floats(name)
          _ = try? file.int64s(name)
        }
      }
    }
  }

  private func expectError(
    _ phrase: String, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> SafetensorsFile
  ) {
    let error = #expect(throws: CheckpointError.self, sourceLocation: sourceLocation) { _ = try body() }
    let description = error?.description ?? ""
    #expect(phrase.isEmpty || description.contains(phrase), "\(description)", sourceLocation: sourceLocation)
  }
}
