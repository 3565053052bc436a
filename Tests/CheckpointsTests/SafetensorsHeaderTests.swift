import Files
import Foundation
import Testing

@testable import Checkpoints

@Suite struct SafetensorsHeaderTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func open(_ bytes: [UInt8], limits: SafetensorsLimits = SafetensorsLimits()) throws
    -> SafetensorsFile
  {
    try SafetensorsFile(try folder.file("test.safetensors", bytes), limits: limits)
  }

  private static func bytes(_ header: String, data: Int) -> [UInt8] {
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian, Array.init) + Array(header.utf8)
      + [UInt8](repeating: 0, count: data)
  }

  /// A header of one tensor.
  private static func tensor(_ shape: String, _ offsets: String, dtype: String = "F32") -> String {
    #"{"a":{"dtype":"\#(dtype)","shape":\#(shape),"data_offsets":\#(offsets)}}"#
  }

  private static let malformed: [(header: String, data: Int, phrase: String)] = [
    (
      #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#,
      2, "twice"
    ),
    (#"{"a":{"dtype":"U8","shape":[1],"shape":[1],"data_offsets":[0,1]}}"#, 1, "twice"),
    (
      #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}"#,
      3, "overlap"
    ),
    (
      #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#,
      1, "overlap"
    ),
    (
      #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}"#,
      3, "between a and b"
    ),
    (tensor("[1]", "[4,8]"), 8, "between the header and a"),
    (tensor("[1]", "[0,4]"), 8, "4 bytes after a"),
    ("{}", 1, "belong to no tensor"),
    (tensor("[2]", "[0,8]"), 7, "cut off"),
    (tensor("[2]", "[0,4]"), 4, "needs 8 bytes"),
    (tensor("[1]", "[4,0]"), 4, "begin and an end"),
    (tensor("[1]", "[-4,0]"), 4, "begin and an end"),
    (tensor("[1]", "[0,4,8]"), 4, "begin and an end"),
    (tensor("[1]", "[0]"), 4, "begin and an end"),
    (tensor("[1]", "[0,4.0]"), 4, "must be an integer"),
    (tensor("[1]", "[0,18446744073709551615]"), 4, "must be an integer"),
    (tensor("[1]", "[0,9223372036854775807]"), 4, "cut off"),
    (tensor("[4611686018427387904,4]", "[0,0]"), 0, "too large"),
    (tensor("[2305843009213693952]", "[0,0]"), 0, "too large"),
    (tensor("[0,4611686018427387904,4]", "[0,0]"), 0, "too large"),
    (tensor("[-1]", "[0,4]"), 4, "negative"),
    (tensor("[1.0]", "[0,4]"), 4, "must be an integer"),
    (tensor("1", "[0,4]"), 4, "must be an array"),
    (tensor("[1,1,1,1,1,1,1,1,1]", "[0,4]"), 4, "9 axes"),
    (tensor("[1]", "[0,4]", dtype: "F8_E4M3"), 4, "F8_E4M3 is not supported"),
    (tensor("[1]", "[0,4]", dtype: "f32"), 4, "f32 is not supported"),
    (#"{"a":{"shape":[1],"data_offsets":[0,4]}}"#, 4, "dtype: the key is missing"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}}"#, 4, "key x"),
    (#"{"a":1}"#, 0, "by an object"),
    (#"{"a":{"dtype":{"b":[1]}}}"#, 0, "nested"),
    (#"{"a":[[[1]]]}"#, 0, "nested"),
    (#"{"__metadata__":{"a":1}}"#, 0, "must be a string"),
    (#"{"__metadata__":"a"}"#, 0, "object of strings"),
    (#"{"__metadata__":{"a":"1","a":"2"}}"#, 0, "twice"),
    (" {}", 0, "does not begin with {"),
    ("[]", 0, "does not begin with {"),
    ("", 0, "does not begin with {"),
    ("{},", 0, "more text"),
    ("{\"a\":}", 0, "byte 13"),
    (
      "{\"\u{E9}\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},"
        + "\"e\u{301}\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}", 0, "look alike"
    ),
    (
      tensor("[1]", "[0,4]").replacingOccurrences(
        of: "\"a\"", with: "\"\(String(repeating: "n", count: 1025))\""),
      4, "1024 bytes"
    ),
  ]

  @Test(arguments: malformed)
  func refusesMalformedHeaders(_ header: String, _ data: Int, _ phrase: String) {
    expectError(phrase) { try open(Self.bytes(header, data: data)) }
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
