import Foundation
import Testing

@testable import Files

@Suite final class AtomicFileTests {
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)

  init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(at: folder) }

  private func text(_ name: String) throws -> String {
    try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
  }

  private var names: [String] { get throws { try Disk.names(in: folder).sorted() } }

  @Test func aFileIsReplacedAsAWholeOrNotAtAll() throws {
    let file = folder.appendingPathComponent("a.txt")
    try AtomicFile.write("old", to: file)
    try AtomicFile.write("new", to: file)
    #expect(try text("a.txt") == "new")
    struct Stop: Error {}
    #expect(throws: Stop.self) {
      try AtomicFile.write(to: file) { output in
        try Data("half".utf8).withUnsafeBytes { try output.write($0) }
        throw Stop()
      }
    }
    #expect(try text("a.txt") == "new")
    #expect(try names == ["a.txt"])
  }

  @Test func aLinkKeepsPointingAtItsFile() throws {
    try AtomicFile.write("old", to: folder.appendingPathComponent("a.txt"))
    let link = folder.appendingPathComponent("link.txt")
    try FileManager.default.createSymbolicLink(atPath: link.path, withDestinationPath: "a.txt")
    try AtomicFile.write("new", to: link)
    #expect(try text("a.txt") == "new")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link.path) == "a.txt")
  }

  @Test func aDeviceIsWrittenToAndStays() throws {
    try AtomicFile.write("gone", to: URL(fileURLWithPath: "/dev/null"))
    #expect(Disk.kind(of: URL(fileURLWithPath: "/dev/null")) == .device)
  }

  @Test func whereNoFileCanStandTheErrorSaysSo() throws {
    let inner = folder.appendingPathComponent("inner")
    try FileManager.default.createDirectory(at: inner, withIntermediateDirectories: true)
    let error = #expect(throws: FileError.self) { try AtomicFile.write("x", to: inner) }
    #expect(error?.description == "\(inner.path): this is a folder; name a file to write.")
    #expect(throws: FileError.self) {
      try AtomicFile.write("x", to: inner.appendingPathComponent("no/x.txt"))
    }
    #expect(try names == ["inner"])
  }

  @Test func onlyWhatNoLiveRunWritesIsCleanedUp() throws {
    let target = folder.appendingPathComponent("a.txt")
    let (dead, alive) = (PartialItem.partial.url(beside: target), PartialItem.partial.url(beside: target))
    try Data().write(to: dead)
    let output = try OutputFile(alive)
    PartialItem.clean(beside: target)
    #expect(try names == [alive.lastPathComponent])
    try output.finish()
    PartialItem.clean(beside: target)
    #expect(try names == [])
  }
}
