import Foundation
import Testing
import Timing

@testable import Checkpoints

@Suite struct ZipArchiveTests {
  private let good: [(name: String, content: [UInt8])] = [
    ("a/data.pkl", PickleBytes.pickle(PickleBytes.table(PickleBytes.tensor()))),
    ("a/data/0", [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40]), ("a/byteorder", Array("little".utf8)),
    ("a/version", Array("3\n".utf8)),
  ]

  private func entries(_ bytes: [UInt8]) throws -> [TensorEntry] {
    try bytes.withUnsafeBytes { try PyTorchFile.entries($0, path: "here", limits: PyTorchLimits()) }
  }

  private func expectError(
    _ phrase: String, _ bytes: [UInt8], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let milliseconds = threadMilliseconds {
      let error = #expect(throws: CheckpointError.self, sourceLocation: sourceLocation) { try entries(bytes) }
      let text = error?.description ?? ""
      #expect(text.hasPrefix("here: byte ") && text.contains("; "), "\(text)", sourceLocation: sourceLocation)
      #expect(text.contains(phrase), "\(text)", sourceLocation: sourceLocation)
    }
    #expect(milliseconds < 100 || isInstrumented, sourceLocation: sourceLocation)
  }

  private func replacing(_ name: String, _ content: String) -> [UInt8] {
    PickleBytes.zip(good.map { $0.name == name ? (name, Array(content.utf8)) : $0 })
  }

  /// The place of a record's signature, counted from the end for the last one.
  private func place(_ signature: [UInt8], in bytes: [UInt8], number: Int = 0) -> Int {
    bytes.indices.dropLast(3).filter { Array(bytes[$0..<$0 + 4]) == signature }[number]
  }

  @Test func readsArchivesWithoutWideRecords() throws {
    let bytes = PickleBytes.zip(good)
    #expect(try entries(bytes).map(\.name) == ["a"])
    var commented = bytes
    commented[commented.count - 2] = 3
    #expect(try entries(commented + [1, 2, 3]).count == 1)
  }

  /// As archives beyond 4 GiB have them.
  @Test func readsEntriesWithWideNumbers() throws {
    #expect(try entries(PickleBytes.zip(good, wideBytes: 24)) == entries(PickleBytes.zip(good)))
    for count in 0..<24 { expectError("is damaged", PickleBytes.zip(good, wideBytes: count)) }
  }

  @Test func refusesWhatTorchSaveDoesNotWrite() {
    expectError("a/data.pkl is compressed", PickleBytes.zip(good, method: 8))
    expectError("a/data.pkl is encrypted", PickleBytes.zip(good, flags: 1))
    expectError("two files have the name a/data/0", PickleBytes.zip(good + [good[1]]))
    expectError("2 files data.pkl", PickleBytes.zip(good + [("b/data.pkl", [1])]))
    expectError("0 files data.pkl", PickleBytes.zip([("data.pkl", good[0].content)]))
    expectError("TorchScript", PickleBytes.zip(good + [("a/constants.pkl", [])]))
    expectError("is not little-endian", replacing("a/byteorder", "big"))
    expectError("a format that is not known", replacing("a/version", "11\n"))
    expectError("a format that is not known", replacing("a/version", "three"))
    expectError("a format that is not known", replacing("a/version", String(repeating: "3", count: 40)))
    expectError("storage 0 has 7 bytes", replacing("a/data/0", "1234567"))
    expectError("storage 0 is missing", PickleBytes.zip(Array(good.prefix(1))))
    expectError("not in UTF-8", PickleBytes.zip([("a\0b", [])]))
  }

  @Test func refusesTablesOfContentsThatLie() {
    let bytes = PickleBytes.zip(good)
    let end = bytes.count - 22
    let entry = place([0x50, 0x4B, 1, 2], in: bytes)
    func changed(_ changes: (place: Int, bytes: [UInt8])...) -> [UInt8] {
      var result = bytes
      for (place, new) in changes { result.replaceSubrange(place..<place + new.count, with: new) }
      return result
    }
    let many: [UInt8] = [0xFF, 0xFF]
    expectError("a part of a larger one", changed((end + 4, [1])))
    expectError("a part of a larger one", changed((end + 8, [9])))
    expectError("has 65535 files and the limit is 50000", changed((end + 8, many + many)))
    expectError("has more than 3 files", changed((end + 8, [3, 0, 3, 0])))
    expectError("is damaged", changed((end + 12, [0xFF, 0xFF, 0xFF, 0xFF])))
    expectError("is damaged", changed((end + 12, [0, 0, 0, 0])))
    expectError("is damaged", changed((end + 16, [0xFF, 0xFF, 0xFF, 0x7F])))
    expectError("is damaged", changed((entry, [0])))
    // Sizes, then where the file begins.
    expectError("is damaged", changed((entry + 20, [9])))
    expectError(
      "needs 2147483647 bytes", changed((entry + 20, [0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0x7F])))
    expectError("is damaged", changed((entry + 20, [UInt8](repeating: 0xFF, count: 8))))
    expectError("does not begin here", changed((entry + 42, [1])))
    expectError("does not begin here", changed((entry + 42, [0xFF, 0xFF, 0xFF, 0x7F])))
    expectError("is damaged", changed((entry + 42, [0xFF, 0xFF, 0xFF, 0xFF])))
    expectError("does not begin here", changed((30, [0x62])))
    let more = UInt16(good[0].content.count + 60)
    expectError(
      "two files share bytes",
      changed((entry + 20, PickleBytes.bytes(UInt32(more)) + PickleBytes.bytes(UInt32(more)))))
    let size = PickleBytes.bytes(UInt32(bytes.count - 60))
    expectError("reaches into the table", changed((entry + 20, size + size)))
  }

  @Test func refusesWideRecordsThatLie() throws {
    let bytes = [UInt8](try Data(contentsOf: fixture("checkpoints/small.bin")))
    #expect(try entries(bytes).count == 1)
    let (wide, locator) = (place([0x50, 0x4B, 6, 6], in: bytes), place([0x50, 0x4B, 6, 7], in: bytes))
    for (place, phrase) in [
      (wide, "is damaged"), (wide + 16, "is damaged"), (wide + 24, "is damaged"), (wide + 32, "is damaged"),
      (wide + 40, "two end records differ"), (wide + 48, "two end records differ"),
      (locator + 4, "is damaged"),
      (locator + 8, "is damaged"), (locator + 15, "is damaged"), (locator + 16, "is damaged"),
    ] {
      var damaged = bytes
      damaged[place] ^= 0x40
      expectError(phrase, damaged)
    }
    var lonely = bytes
    // An end record that points nowhere leaves the wide record to say everything.
    lonely.replaceSubrange((bytes.count - 14)..<(bytes.count - 2), with: [UInt8](repeating: 0xFF, count: 12))
    #expect(try entries(lonely).count == 1)
    lonely.replaceSubrange((wide + 40)..<(wide + 56), with: [UInt8](repeating: 0xFF, count: 16))
    expectError("is damaged", lonely)
  }

  @Test func manyFilesAreReadSoon() throws {
    let rest = (1...20_000).map { ("a/data/\($0)", [UInt8]()) }
    let bytes = PickleBytes.zip(good + rest)
    var count = 0
    let milliseconds = try threadMilliseconds { count = try entries(bytes).count }
    #expect(count == 1)
    #expect(milliseconds < 100 || isInstrumented, "\(milliseconds) ms")
  }
}
