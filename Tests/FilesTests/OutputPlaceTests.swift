import Foundation
import Testing

@testable import Files

/// Places that are to be written, checked before the work.
@Suite final class OutputPlaceTests {
  private let folder = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
    .appendingPathComponent("outputs-\(UUID())")

  init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(at: folder) }

  private func file(_ name: String, _ text: String = "content") throws -> URL {
    let url = folder.appendingPathComponent(name)
    try Data(text.utf8).write(to: url)
    return url
  }

  private func fault(_ place: OutputPlace, inputs: [URL] = []) -> String {
    let error = #expect(throws: FileError.self) { try place.check(inputs: inputs) }
    return error?.description ?? ""
  }

  @Test func whatIsThereIsReplacedOnlyIfAsked() throws {
    let old = try file("old.txt")
    #expect(fault(OutputPlace(old)).contains("--overwrite"))
    #expect(throws: FileError.self) { try OutputPlace(old).write("new") }
    #expect(try String(contentsOf: old, encoding: .utf8) == "content")
    let place = OutputPlace(old, mayReplace: true)
    try place.check()
    try place.write("new")
    #expect(try String(contentsOf: old, encoding: .utf8) == "new")
    // Nothing is lost with an empty file.
    try OutputPlace(file("empty", "")).check()
    #expect(fault(OutputPlace(folder, .folder)).contains("--overwrite"))
    try OutputPlace(folder, .folder, mayReplace: true).check()
  }

  @Test func anInputIsKnownByWhateverNameItHas() throws {
    let input = try file("input.txt")
    let (soft, hard) = (folder.appendingPathComponent("soft"), folder.appendingPathComponent("hard"))
    try FileManager.default.createSymbolicLink(at: soft, withDestinationURL: input)
    try FileManager.default.linkItem(at: input, to: hard)
    let detour = folder.appendingPathComponent("../\(folder.lastPathComponent)/input.txt")
    for name in [input, soft, hard, detour] {
      #expect(fault(OutputPlace(name, mayReplace: true), inputs: [input]).contains("read as well"), "\(name)")
      #expect(
        fault(OutputPlace(name, mayReplace: true), inputs: [folder]).contains("read as well"), "\(name)")
    }
    // A new file may lie beside what is read.
    try OutputPlace(folder.appendingPathComponent("new"), mayReplace: true).check(inputs: [folder, input])
    // A folder takes what lies in it along.
    #expect(fault(OutputPlace(folder, .folder, mayReplace: true), inputs: [input]).contains("read as well"))
  }

  @Test func placesThatCannotBeWrittenAreNamed() throws {
    let file = try file("file")
    #expect(fault(OutputPlace(folder)).contains("this is a folder"))
    #expect(fault(OutputPlace(file, .folder, mayReplace: true)).contains("this is a file"))
    let deep = folder.appendingPathComponent("no/where/x")
    #expect(fault(OutputPlace(deep)).contains("make this folder first"))
    try OutputPlace(deep, .folder).check()
    #expect(fault(OutputPlace(file.appendingPathComponent("x"))).contains("no folder"))
    let long = folder.appendingPathComponent(String(repeating: "n", count: 250))
    #expect(fault(OutputPlace(long)).hasPrefix(long.path))
    try OutputPlace(URL(filePath: "/dev/null")).check()
    #expect(try Disk.names(in: folder) == ["file"], "a check leaves nothing")
  }

  @Test func aFailedWriteNamesTheUsersFileAndNotThePartialOne() throws {
    // A name that leaves no room for the partial file's.
    let long = folder.appendingPathComponent(String(repeating: "n", count: 250))
    let error = #expect(throws: FileError.self) { try AtomicFile.write("x", to: long) }
    #expect(error?.path == long.path && error?.description.contains("partial") == false)
    let inside = FileError(folder.path + "/.t.partial-1/a/b", "full")
    let named = PartialItem.named(
      inside, folder.appendingPathComponent(".t.partial-1"), for: folder.appendingPathComponent("t"))
    #expect("\(named)" == "\(folder.path)/t/a/b: full.")
  }

  @Test func namesAreFilesUnlessTheySpellAURL() throws {
    #expect(try NamedContent("a:b.png", limit: 9) == .file(URL(fileURLWithPath: "a:b.png").absoluteURL))
    #expect(try NamedContent("file:///a%20b.png", limit: 9) == .file(URL(fileURLWithPath: "/a b.png")))
    #expect(try NamedContent("data:text/plain;base64,aGk=", limit: 9) == .content(Data("hi".utf8)))
    #expect(try NamedContent("data:,h%69", limit: 9) == .content(Data("hi".utf8)))
    for (name, reason) in [
      ("https://a.b/c.png", "network"), ("s3://a/b", "network"), ("file://host/a", "no URL of a file"),
      ("data:;base64,aGkgaGkgaGkgaGkgaGk=", "limit of 9"), ("data:;base64,", "no content"), ("", "empty"),
    ] {
      let error = #expect(throws: FileError.self) { try NamedContent(name, limit: 9) }
      #expect(error?.description.contains(reason) == true, "\(name): \(error as Any)")
    }
  }

  @Test func systemErrorsNameTheirPathAndARemedy() throws {
    let error = try #require(throws: (any Error).self) {
      try Data(contentsOf: folder.appendingPathComponent("nowhere"))
    }
    let sentence = try #require(SystemErrorText.sentence(of: error))
    #expect(sentence.contains("nowhere") && sentence.contains("check the path"), "\(sentence)")
    #expect(!sentence.contains("operation"))
    #expect(SystemErrorText.sentence(of: FileError("a", "b")) == nil)
  }
}
