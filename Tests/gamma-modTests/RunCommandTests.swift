import Foundation
import StrictJSON
import Testing

@testable import gamma_mod

/// Questions asked on the command line, of the shipped routed model.
@Suite final class RunCommandTests {
  private static let root = Fixtures.folder.deletingLastPathComponent().deletingLastPathComponent()
  private static let model = root.appendingPathComponent("models/pocket-gamma").path
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)

  init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(at: folder) }

  private func picture(_ name: String) -> String { Self.root.appendingPathComponent("demo/\(name)").path }

  private func objects(_ text: String) throws -> [JSONObject] {
    try text.split(separator: "\n").map {
      try #require(try JSONValue(parsing: Data($0.utf8), file: "output").object)
    }
  }

  @Test func questionsOfAFileAreAnsweredInTheirOrderAsEachAlone() throws {
    let file = folder.appendingPathComponent("questions.jsonl")
    try FileManager.default.copyItem(
      atPath: picture("2.png"), toPath: folder.appendingPathComponent("two.png").path)
    let lines = [
      #"{"image": "\#(picture("1.png"))", "text": "What color is the circle?", "id": "first"}"#,
      #"{"image": ["two.png"], "text": "How many objects are there?"}"#,
      #"{"image": "missing.png", "text": "What is this?", "id": 7}"#,
      #"{"text": "What is your name?", "id": null}"#,
    ]
    try Data(lines.joined(separator: "\n").utf8).write(to: file)
    let run = try CommandProcess(["run", "-m", Self.model, "--batch", file.path, "-n", "12"])
    let answers = try objects(run.output)
    #expect(answers.map { $0["id"] } == [.string("first"), .integer(2), .integer(7), .null])
    #expect(answers[2]["error"]?.string?.contains("missing.png") == true)
    #expect(run.code == 1 && run.errors.contains("1 of 4"))
    let alone = try CommandProcess([
      "run", "-m", Self.model, "--image", picture("1.png"), "-p", "What color is the circle?", "--json", "-n",
      "12",
    ])
    #expect(answers[0]["tokens"] == (try objects(alone.output))[0]["tokens"])
    #expect(answers[0]["routing"]?.object?["skip_ratio"]?.double ?? 0 > 0.5)
  }

  @Test func aQuestionMayComeFromAFileAndEndAtAStopString() throws {
    let file = folder.appendingPathComponent("question.txt")
    try Data("What color is the circle?\n".utf8).write(to: file)
    let arguments = ["run", "-m", Self.model, "--image", picture("1.png")]
    let whole = try CommandProcess(arguments + ["-f", file.path]).output
    #expect(whole == (try CommandProcess(arguments + ["-p", "What color is the circle?"]).output))
    let letters = whole.trimmingCharacters(in: .whitespacesAndNewlines)
    let stop = String(letters.suffix(2))
    let cut = try CommandProcess(arguments + ["-f", file.path, "--stop", stop]).output
    #expect(cut == letters.dropLast(2) + "\n")
    try Data([0xFF, 0xFE]).write(to: file)
    let damaged = try CommandProcess(arguments + ["-f", file.path])
    #expect(damaged.code == 1 && damaged.errors.contains("UTF-8"))
  }

  @Test func whatAUserSpellsIsTextUnlessAskedOtherwise() throws {
    let arguments = ["run", "-m", Self.model, "--image", picture("1.png"), "--json", "-n", "4"]
    func tokens(_ question: String, _ more: String...) throws -> Int {
      let run = try CommandProcess(arguments + ["-p", question] + more)
      let timings = try objects(run.output)[0].object("timings")
      return try timings.int("prompt_tokens")
    }
    let plain = try tokens("What color is the circle?")
    #expect(try tokens("<image>\nWhat color is the circle?", "--parse-special") == plain)
    #expect(try tokens("<image>\nWhat color is the circle?") > plain)
    let failed = try CommandProcess(arguments + ["-p", "<image><image> two?", "--parse-special"])
    #expect(failed.code == 1 && failed.errors.contains("2 pictures but 1"))
  }

  @Test func aBudgetOfKeysAndValuesIsKept() throws {
    let arguments = ["run", "-m", Self.model, "--image", picture("1.png"), "-p", "What is this?"]
    let small = try CommandProcess(arguments + ["--kv-budget", "2"])
    #expect(small.code == 1 && small.errors.contains("2 MiB are allowed"))
    #expect(try CommandProcess(arguments + ["--kv-budget", "64"]).code == 0)
    #expect(try CommandProcess(arguments + ["--kv-budget", "0"]).code == 64)
  }

  @Test func aConversationGoesOnAfterWhatWentWrong() throws {
    let long = String(repeating: "why ", count: 3000)
    let input = """
      /image "\(picture("1.png"))"
      What color is the circle?
      /image nowhere.png
      \(long)
      What color is the circle?
      /clear
      /exit
      """
    let run = try CommandProcess(["chat", "-m", Self.model, "-n", "8"], input: input)
    #expect(run.code == 0)
    let answers = run.output.split(separator: "\n")
    #expect(answers.count == 2)
    #expect(run.errors.contains("nowhere.png") && run.errors.contains("/clear starts a new one"))
    #expect(run.errors.contains("96 × 96 pixels"))
  }

  @Test func wordsAreSplitAsAShellDoes() throws {
    let home = FileManager.default.homeDirectoryForCurrentUser.path
    #expect(
      try CommandWords(#"/image "a b.png" c\ d.png 'e"f' ~/g "" h~"#).words
        == ["/image", "a b.png", "c d.png", "e\"f", home + "/g", "", "h~"])
    #expect(throws: StreamError.self) { try CommandWords("a 'b") }
  }
}
