import Foundation
import Testing

/// A run of the built command line tool.
struct CommandProcess {
  let output: String
  let errors: String
  let code: Int32

  /// - Parameter whileRunning: Called once the tool has been started.
  init(_ arguments: [String], input: String = "", whileRunning: (Process) -> Void = { _ in }) throws {
    try self.init(
      #require(Self.tool, "the tool lies beside the tests"), arguments, input: input,
      whileRunning: whileRunning)
  }

  /// - Parameter script: Lines for a shell, for which `$TOOL` is the tool: what it is called with need be no text.
  init(shell script: String) throws {
    let tool: URL = try #require(Self.tool, "the tool lies beside the tests")
    try self.init(
      URL(filePath: "/bin/sh"), ["-c", "TOOL=$0; \(script)", tool.path], input: "", whileRunning: { _ in })
  }

  private init(_ tool: URL, _ arguments: [String], input: String, whileRunning: (Process) -> Void) throws {
    let process = Process()
    process.executableURL = tool
    process.arguments = arguments
    let (input, folder) = (Data(input.utf8), FileManager.default.temporaryDirectory)
    let files = ["in", "out", "err"].map { folder.appendingPathComponent("\(UUID()).\($0)") }
    defer { for file in files { try? FileManager.default.removeItem(at: file) } }
    try input.write(to: files[0])
    for file in files[1...] { try Data().write(to: file) }
    process.standardInput = try FileHandle(forReadingFrom: files[0])
    process.standardOutput = try FileHandle(forWritingTo: files[1])
    process.standardError = try FileHandle(forWritingTo: files[2])
    try process.run()
    whileRunning(process)
    process.waitUntilExit()
    output = String(decoding: try Data(contentsOf: files[1]), as: UTF8.self)
    errors = String(decoding: try Data(contentsOf: files[2]), as: UTF8.self)
    code = process.terminationStatus
  }

  static var tool: URL? {
    let places = [Bundle.main.executableURL, Bundle.main.bundleURL] + Bundle.allBundles.map(\.bundleURL)
    return places.compactMap { $0?.deletingLastPathComponent().appendingPathComponent("gamma-mod") }
      .first { FileManager.default.isExecutableFile(atPath: $0.path) }
  }
}

extension CommandProcess {
  /// Expects one sentence about a failure, with all of some words.
  func expectFailure(
    _ words: String..., code wanted: Int32 = 1, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(code == wanted, "\(errors)", sourceLocation: sourceLocation)
    let sentence = errors.split(separator: "\n").last { $0.hasPrefix("gamma-mod: ") } ?? ""
    for word in words {
      #expect(sentence.contains(word), "\(word) in: \(errors)", sourceLocation: sourceLocation)
    }
    #expect(!errors.contains("operation could"), "\(errors)", sourceLocation: sourceLocation)
  }
}

enum Fixtures {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures")

  static func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
}
