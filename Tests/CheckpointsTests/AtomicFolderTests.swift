import Files
import Foundation
import Testing

@testable import Checkpoints

@Suite struct AtomicFolderTests {
  private struct Interruption: Error {}
  private let parent: TemporaryFolder
  private let target: URL

  init() throws {
    parent = try TemporaryFolder()
    target = parent.url.appendingPathComponent("checkpoint")
  }

  private func write(_ text: String) throws {
    try AtomicFolder.write(to: target) { folder in
      try AtomicFile.write(text, to: folder.appendingPathComponent("a.txt"))
      try FileManager.default.createDirectory(
        at: folder.appendingPathComponent("inner"), withIntermediateDirectories: false)
      try Data().write(to: folder.appendingPathComponent("inner/empty"))
    }
  }

  private func content() throws -> String {
    String(decoding: try Data(contentsOf: target.appendingPathComponent("a.txt")), as: UTF8.self)
  }

  @Test func writesAndReplacesCompleteFolders() throws {
    try write("one")
    #expect(AtomicFolder.isComplete(target))
    try write("two")
    try AtomicFolder.verify(target)
    #expect(try content() == "two")
    #expect(try parent.names() == ["checkpoint"])
  }

  /// The standard's own examples (FIPS 180-4).
  @Test func theManifestHoldsTheFilesHashes() throws {
    try write("abc")
    let records = try FolderManifest(of: target).records
    #expect(
      records["a.txt"]?.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      records["inner/empty"]?.sha256 == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  }

  @Test func anInterruptedWriteLeavesTheOldFolder() throws {
    try write("one")
    #expect(throws: Interruption.self) {
      try AtomicFolder.write(to: target) { folder in
        try Data("two".utf8).write(to: folder.appendingPathComponent("a.txt"))
        #expect(try content() == "one")
        throw Interruption()
      }
    }
    try AtomicFolder.verify(target)
    #expect(try content() == "one")
    #expect(try parent.names() == ["checkpoint"])
  }

  @Test func theNextWriteDeletesLeftoversOfKilledRunsOnly() throws {
    let dead = PartialItem.partial.url(beside: target)
    let alive = PartialItem.partial.url(beside: target)
    for folder in [dead, alive] {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    }
    let lock = try #require(ItemLock(alive))
    try write("one")
    #expect(try parent.names() == [alive.lastPathComponent, "checkpoint"])
    withExtendedLifetime(lock) {}
  }

  @Test func aRunKilledBetweenTheRenamesLosesNothing() throws {
    try write("one")
    let aside = PartialItem.replaced.url(beside: target)
    try FileManager.default.moveItem(at: target, to: aside)
    try AtomicFolder.recover(target)
    #expect(try content() == "one")
    // Killed after the second rename: the old folder is still aside.
    try FileManager.default.copyItem(at: target, to: aside)
    try write("two")
    #expect(try content() == "two")
    #expect(try parent.names() == ["checkpoint"])
  }

  @Test func refusesToReplaceWhatItDidNotWrite() throws {
    func expectRefusal(_ phrase: String, sourceLocation: SourceLocation = #_sourceLocation) {
      let error = #expect(throws: FileError.self, sourceLocation: sourceLocation) {
        try AtomicFolder.write(to: target) { _ in Issue.record("the body must not run") }
      }
      #expect(error?.description.contains(phrase) == true, sourceLocation: sourceLocation)
    }
    try write("one")
    let note = target.appendingPathComponent("inner/note")
    try Data().write(to: note)
    expectRefusal("inner/note")
    try FileManager.default.removeItem(at: note)
    let manifest = target.appendingPathComponent("manifest.json")
    try Data("{\"name\":\"app\"}".utf8).write(to: manifest)
    expectRefusal("manifest.json")
    try FileManager.default.removeItem(at: target)
    try Data().write(to: target)
    expectRefusal("a file stands where")
  }

  @Test func noticesDamage() throws {
    try write("one")
    let file = target.appendingPathComponent("a.txt")
    try Data("two".utf8).write(to: file)
    #expect(AtomicFolder.isComplete(target))
    let changed = #expect(throws: FileError.self) { try AtomicFolder.verify(target) }
    #expect(changed?.path == file.path)
    try Data("longer".utf8).write(to: file)
    #expect(!AtomicFolder.isComplete(target))
    try FileManager.default.removeItem(at: file)
    #expect(!AtomicFolder.isComplete(target))
    #expect(throws: FileError.self) { try AtomicFolder.verify(target) }
    #expect(!AtomicFolder.isComplete(parent.url))
  }

  @Test func refusesManifestsThatPointOutside() throws {
    try write("one")
    for path in ["../secret", "/etc/passwd", "a//b", "."] {
      let manifest = #"{"format":"gamma-mod folder 1","files":{"\#(path)":{"size":0,"sha256":""}}}"#
      try Data(manifest.utf8).write(to: target.appendingPathComponent("manifest.json"))
      #expect(throws: FileError.self) { try AtomicFolder.verify(target) }
    }
  }
}
