import Foundation
import StrictJSON
import Testing

@Suite final class JSONFileTests {
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)

  init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(at: folder) }

  private func file(_ text: String) throws -> URL {
    let url = folder.appendingPathComponent("file.jsonl")
    try Data(text.utf8).write(to: url)
    return url
  }

  @Test func readsFiles() throws {
    #expect(try JSONValue.read(contentsOf: file("[1]")) == [1])
    #expect(try JSONObject.read(contentsOf: file("{\"a\":1}")).int("a") == 1)
    let long = "[" + String(repeating: "1234567,", count: 50_000) + "1]"
    #expect(try JSONValue.read(contentsOf: file(long)).array?.count == 50_001)
  }

  @Test func fileErrorsNameTheFile() throws {
    func description(_ body: () throws -> Void) -> String {
      #expect(throws: JSONError.self) { try body() }?.description ?? ""
    }
    let missing = folder.appendingPathComponent("none.json")
    #expect(description { _ = try JSONValue.read(contentsOf: missing) }.hasPrefix(missing.path))
    #expect(description { _ = try JSONValue.read(contentsOf: folder) }.contains("check that it is a file"))
    let url = try file("[1]")
    #expect(description { _ = try JSONObject.read(contentsOf: url) }.contains("must hold an object"))
    #expect(
      description { _ = try JSONValue.read(contentsOf: url, limits: JSONLimits(bytes: 2)) }.contains(
        "limit of 2"))
    #expect(
      description { _ = try JSONValue.read(contentsOf: try file("")) }.contains("empty"))
  }

  @Test func readsLines() throws {
    // The second chunk of the reader begins inside a line.
    let filler = String(repeating: "x", count: 700_000)
    var reader = try JSONLinesReader(
      file("{\"id\":1,\"t\":\"\(filler)\"}\n\r\n\n{\"id\":2,\"t\":\"\(filler)\"}\r\n[3]"))
    #expect(try reader.readObject()?.int("id") == 1)
    let second = try #require(try reader.readObject())
    #expect(try second.string("t") == filler)
    #expect(reader.line == 4)
    #expect(try reader.read() == [3])
    #expect(try reader.read() == nil)
    #expect(throws: JSONError.self) { try second.int("none") }
  }

  @Test func errorsNameTheLine() throws {
    var reader = try JSONLinesReader(file("{\"id\":1}\n{\"id\":\"a\"}\n{\"id\":1,}\n4"))
    _ = try reader.read()
    let object = try #require(try reader.readObject())
    let wrongKind = #expect(throws: JSONError.self) { try object.int("id") }
    #expect(wrongKind?.description.contains("file.jsonl:2: id: must be an integer") == true)
    let malformed = #expect(throws: JSONError.self) { try reader.read() }
    #expect(malformed?.line == 3)
    #expect(malformed?.column == 8)
    #expect(malformed?.offset == 9 + 11 + 7)
    #expect(try reader.read() == 4)
  }

  @Test func limitsTheLengthOfALine() throws {
    var reader = try JSONLinesReader(
      file("1\n" + String(repeating: " ", count: 3 << 20)), limits: JSONLimits(bytes: 1 << 20))
    #expect(try reader.read() == 1)
    let error = #expect(throws: JSONError.self) { try reader.read() }
    #expect(error?.line == 2)
  }

  /// What never ends is not read up to the limit of a file.
  @Test(arguments: ["/dev/zero", "/dev/urandom"]) func devicesWithoutEndAreRefusedSoon(_ path: String) {
    let start = ContinuousClock.now
    let error = #expect(throws: JSONError.self) { try JSONObject.read(contentsOf: URL(filePath: path)) }
    #expect(error.map { "\($0)" }?.contains("a byte is 0") == true)
    #expect(ContinuousClock.now - start < .seconds(1))
  }
}
