import Foundation
import Testing

@testable import Files

@Suite struct MappedFileTests {
  @Test func whatIsNoFileIsRefusedWithTheRemedy() {
    let missing = #expect(throws: FileError.self) { try MappedFile(URL(fileURLWithPath: "/nowhere/none")) }
    #expect(
      missing?.description.contains("cannot be opened (No such file or directory); check its path") == true)
    let folder = #expect(throws: FileError.self) { try MappedFile(URL(fileURLWithPath: "/tmp")) }
    #expect(folder?.description == "/tmp: this is not a regular file; name a file.")
  }

  @Test func emptyAndFullFilesAreMapped() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: url) }
    for bytes in [[], [7], [UInt8](repeating: 3, count: 70_000)] {
      try Data(bytes).write(to: url)
      #expect(try MappedFile(url).withBytes { Array($0) } == bytes)
    }
  }

  @Test func releasedBytesStayAsTheyAre() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: url) }
    let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
    try Data(bytes).write(to: url)
    let file = try MappedFile(url)
    for range in [0..<300_000, 5000..<5001, 0..<0, 299_999..<300_000, -5..<400_000, 400_000..<500_000] {
      #expect(file.withBytes { Array($0) } == bytes)
      file.release(range)
    }
    #expect(file.withBytes { Array($0) } == bytes)
    try Data().write(to: url)
    try MappedFile(url).release(0..<10)
  }
}
