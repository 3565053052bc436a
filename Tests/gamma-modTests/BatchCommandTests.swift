import Foundation
import StrictJSON
import Testing

@testable import gamma_mod

/// Questions of a file, without annotations, whose answers are kept in another.
@Suite final class BatchCommandTests {
  private static let root = Fixtures.folder.deletingLastPathComponent().deletingLastPathComponent()
  private static let model = root.appendingPathComponent("models/pocket-gamma").path
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)

  init() throws {
    try FileManager.default.createDirectory(
      at: folder.appendingPathComponent("pictures"), withIntermediateDirectories: true)
    for name in ["1.png", "2.png"] {
      try FileManager.default.copyItem(
        at: Self.root.appendingPathComponent("demo/\(name)"),
        to: folder.appendingPathComponent("pictures/\(name)"))
    }
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  private func write(_ lines: [String], to name: String = "questions.jsonl") throws {
    try (lines.joined(separator: "\n") + "\n").write(toFile: path(name), atomically: true, encoding: .utf8)
  }

  private func run(_ more: String..., whileRunning: (Process) -> Void = { _ in }) throws -> CommandProcess {
    try CommandProcess(
      ["run", "-m", Self.model, "--answers", path("answers.jsonl"), "-n", "8"] + more,
      whileRunning: whileRunning)
  }

  private func answers() throws -> [JSONObject] {
    let text = try String(contentsOfFile: path("answers.jsonl"), encoding: .utf8)
    return try text.split(separator: "\n").map {
      try #require(try JSONValue(parsing: Data($0.utf8), file: "answers").object)
    }
  }

  private static let color = "What color is the circle?"

  @Test func linesOfLLaVAAndPlainOnesAreAnswered() throws {
    try write([
      #"{"question_id": 7, "image": "1.png", "text": "\#(Self.color)", "category": "default"}"#,
      #"{"image": "2.png", "text": "How many yellow objects are there in the image?"}"#,
      #"{"id": "c", "text": "Is there a picture?"}"#,
    ])
    let done = try run("--question-file", path("questions.jsonl"), "--image-folder", path("pictures"))
    #expect(done.code == 0, "\(done.errors)")
    #expect(done.output.isEmpty)
    let answers = try answers()
    #expect(answers.map { $0["question_id"] } == [7, 2, "c"])
    #expect(answers[0]["prompt"]?.string == Self.color)
    #expect(answers[0]["model_id"]?.string == Self.model)
    let single = try CommandProcess([
      "run", "-m", Self.model, "--image", path("pictures/1.png"), "-p", Self.color, "-n", "8",
    ])
    #expect(answers[0]["text"]?.string == single.output.trimmingCharacters(in: .whitespacesAndNewlines))
  }

  @Test func aFolderHoldsItsQuestions() throws {
    try write([#"{"image": "pictures/1.png", "text": "\#(Self.color)"}"#])
    #expect(try run("--batch", folder.path).code == 0)
    #expect(try answers().count == 1)
  }

  @Test func anInterruptedRunSaysWhatIsKeptAndGoesOn() throws {
    let count = 200
    try write(
      (0..<count).map {
        #"{"id": \#($0), "image": "pictures/\#($0 % 2 + 1).png", "text": "Is \#($0) more?"}"#
      })
    let file = path("answers.jsonl")
    func lines() -> Int {
      ((try? String(contentsOfFile: file, encoding: .utf8)) ?? "").count { $0 == "\n" }
    }
    let stopped = try run("--batch", path("questions.jsonl")) { process in
      while process.isRunning, lines() < count / 4 { usleep(10_000) }
      kill(process.processIdentifier, SIGINT)
    }
    #expect(stopped.code == 130)
    let kept = try answers().count
    #expect(kept >= count / 4 && kept < count)
    #expect(stopped.errors.contains("\(kept) of \(count) answers are kept in \(file)"), "\(stopped.errors)")
    #expect(stopped.errors.contains("run -m \(Self.model) --answers \(file)"))
    let finished = try run("--batch", path("questions.jsonl"))
    #expect(finished.code == 0 && finished.errors.contains("\(kept) of \(count) answers are there"))
    #expect(try answers().map { $0["question_id"]?.int } == Array(0..<count))
    // Nothing of another model or with other options is mixed in.
    let other = try run("--batch", path("questions.jsonl"), "--temp", "1")
    #expect(other.code == 1 && other.errors.contains("--overwrite"))
    #expect(
      try run("--batch", path("questions.jsonl"), "--temp", "1", "--overwrite", "--top-k", "3").code == 0)
    #expect(try run("--batch", path("questions.jsonl"), "--temp", "1", "--top-k", "3").code == 0)
  }

  @Test func aQuestionThatFailsIsAskedAgain() throws {
    try write([
      #"{"id": 1, "image": "pictures/1.png", "text": "\#(Self.color)"}"#,
      #"{"id": 2, "image": "late.png", "text": "\#(Self.color)"}"#,
      #"{"id": 3, "image": "pictures/2.png", "text": "\#(Self.color)"}"#,
    ])
    let first = try run("--batch", path("questions.jsonl"))
    #expect(first.code == 1 && first.errors.contains("question 2") && first.errors.contains("late.png"))
    #expect(first.errors.contains("1 of 3 questions could not be answered"))
    #expect(try answers().map { $0["question_id"]?.int } == [1, 3])
    try FileManager.default.copyItem(atPath: path("pictures/1.png"), toPath: path("late.png"))
    #expect(try run("--batch", path("questions.jsonl")).code == 0)
    #expect(try answers().map { $0["question_id"]?.int } == [1, 2, 3])
  }

  @Test func cutAnswersAreToldOf() throws {
    try write([#"{"image": "pictures/1.png", "text": "\#(Self.color)"}"#])
    let long = ["--ignore-eos", "-n", "2"]
    let one = try CommandProcess(
      ["run", "-m", Self.model, "--image", path("pictures/1.png"), "-p", Self.color] + long)
    #expect(one.code == 0 && one.errors == "the answer was cut after 2 tokens; --max-tokens allows more\n")
    let single = try CommandProcess(
      ["run", "-m", Self.model, "-p", Self.color, "--ignore-eos", "-n", "1", "--json"])
    #expect(single.errors.contains("after 1 token;"))
    let many = try CommandProcess(["run", "-m", Self.model, "--batch", folder.path] + long)
    #expect(many.errors == "1 of 1 answer was cut; --max-tokens allows longer ones\n", "\(many.errors)")
    let whole = try CommandProcess(
      ["run", "-m", Self.model, "--image", path("pictures/1.png"), "-p", Self.color])
    #expect(whole.code == 0 && whole.errors.isEmpty)
  }

  @Test func optionsThatWantABatchSaySo() throws {
    for more in [["--answers", "a"], ["--image-folder", "a"], ["--overwrite"]] {
      #expect(try CommandProcess(["run", "-m", Self.model, "-p", "x"] + more).code == 64, "\(more)")
    }
  }

  @Test func commandsThatAreToldAgainAreOnesAShellReads() {
    let text = CommandEcho.text(
      ["gamma-mod", "run", "-p", "it's", "--overwrite", "", "a b", "x=1"], without: ["--overwrite"])
    #expect(text == #"gamma-mod run -p 'it'\''s' '' 'a b' x=1"#)
  }
}
