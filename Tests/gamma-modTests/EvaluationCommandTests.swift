import Foundation
import Testing

/// Evaluations that end before they are done.
@Suite struct EvaluationCommandTests {
  private static let models = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("models")

  private static func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("eval-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  private static func arguments(_ world: URL, _ answers: URL, _ more: [String] = []) -> [String] {
    [
      "eval", "--model-path", models.appendingPathComponent("pocket-gamma").path, "--benchmark", "gqa",
      "--data",
      world.path, "--answers-file", answers.path, "--json",
    ] + more
  }

  private static func lines(_ url: URL) -> [String] {
    let text = (try? String(contentsOf: url, encoding: .utf8)) ?? ""
    return text.split(separator: "\n", omittingEmptySubsequences: true).map(String.init)
  }

  @Test(arguments: [SIGKILL, SIGINT]) func aThousandQuestionsSurviveTheEnd(signal: Int32) throws {
    let count = 1000
    try Self.withFolder { folder in
      let world = folder.appendingPathComponent("w")
      _ = try CommandProcess(["world", "--out", world.path, "--count", "\(count)", "--seed", "7"])
      let answers = folder.appendingPathComponent("a.jsonl")
      let killed = try CommandProcess(Self.arguments(world, answers)) { process in
        // In the middle: when a third is there.
        while process.isRunning, Self.lines(answers).count < count / 3 { usleep(20_000) }
        kill(process.processIdentifier, signal)
      }
      #expect(killed.code == (signal == SIGINT ? 130 : SIGKILL))
      let kept = Self.lines(answers)
      #expect(kept.count >= count / 3 && kept.count < count)
      if signal == SIGINT {
        // The user is told what there is and how to go on.
        #expect(
          killed.errors.contains("\(kept.count) of \(count) answers are kept in \(answers.path)"),
          "\(killed.errors)")
        #expect(killed.errors.contains("eval --model-path") && killed.errors.contains(answers.path))
      }
      // What a write that was cut leaves.
      let torn = try FileHandle(forWritingTo: answers)
      try torn.seekToEnd()
      try torn.write(contentsOf: Data("{\"question_id\":\"0000".utf8))
      try torn.close()
      let start = ContinuousClock.now
      let finished = try CommandProcess(Self.arguments(world, answers))
      // A run of more than five seconds says how far it is, also where nobody sits at a terminal.
      if ContinuousClock.now - start > .seconds(9) {
        #expect(finished.errors.contains("/\(count), "), "\(finished.errors)")
      }
      #expect(finished.code == 0, "\(finished.errors)")
      #expect(finished.output.contains("\"count\":\(count)"))
      let all = Self.lines(answers)
      #expect(all.count == count && Set(all).count == count)
      #expect(Array(all.prefix(kept.count)) == kept)
      let scored = try CommandProcess([
        "score", "--benchmark", "gqa", "--data", world.path, "--answers", answers.path, "--json",
      ])
      #expect(scored.output == finished.output)
      // Another model's answers must not be mixed in, and nothing is overwritten unasked.
      let other = try CommandProcess(Self.arguments(world, answers, ["--dense"]))
      #expect(other.code == 1 && other.errors.contains("--overwrite"))
      #expect(Self.lines(answers) == all)
    }
  }

  @Test func aScoreNamesItsProtocolAndSwitches() throws {
    let data = Fixtures.path("benchmarks")
    func score(_ arguments: [String]) throws -> CommandProcess {
      try CommandProcess(["score", "--data", data] + arguments)
    }
    let gqa = Fixtures.path("benchmarks/gqa/answers/llava_gqa_testdev_balanced/synthetic/merge.jsonl")
    #expect(try score(["--benchmark", "gqa", "--answers", gqa]).output == "gqa (llava): 61.32 % of 106\n")
    let part = try score(["--benchmark", "gqa", "--answers", gqa, "--only-answered", "--lenient"])
    #expect(part.output == "gqa (llava; only answered questions; lenient): 61.32 % of 106\n")
    let grades = Fixtures.path("benchmarks/mm-vet/results/synthetic_gpt-4-0613-grade-1runs.json")
    #expect(
      try score(["--benchmark", "mm-vet", "--grades", grades]).output == "mm-vet (llava): 48.00 % of 50\n")
    let ungraded = Fixtures.path("benchmarks/mm-vet/answers/synthetic.jsonl")
    let refused = try score(["--benchmark", "mm-vet", "--protocol", "llava", "--answers", ungraded])
    #expect(refused.code == 1 && refused.errors.contains("--grades"))
    #expect(try score(["--benchmark", "nothing", "--answers", gqa]).code == 64)
    #expect(try score(["--benchmark", "gqa"]).code == 64)
  }
}
