import Foundation
import StrictJSON
import Testing

/// `eval --benchmark all`, and questions that cannot be asked.
@Suite final class AllBenchmarksTests {
  private let folder: TestFolder
  private let model = Shipped.model("pocket-gamma")

  init() throws { folder = try TestFolder() }

  /// Takes the place of a benchmark's first picture.
  private func damage(_ pictures: String) throws {
    let first = try #require(try FileManager.default.contentsOfDirectory(atPath: pictures).sorted().first)
    try Data("no picture".utf8).write(to: URL(filePath: pictures).appending(path: first))
  }

  @Test func oneThatFailsDoesNotTakeTheOthersAlong() throws {
    let world = try folder.world()
    try FileManager.default.removeItem(atPath: world + "/gqa/data/testdev_balanced_questions.json")
    try damage(world + "/pope/images")
    let arguments = ["eval", "-m", model, "--benchmark", "all", "--data", world, "--limit", "4"]
    let run = try CommandProcess(arguments + ["--answers", folder.path("answers")])
    run.expectFailure("2 of 9 benchmarks failed: gqa, pope")
    let lines = run.output.split(separator: "\n")
    #expect(lines.count == 7 && lines.allSatisfy { $0.contains(" % of 4") }, "\(run.output)")
    // What is missing is known before anything is asked.
    let (missing, first) = (run.errors.range(of: "gqa: "), run.errors.range(of: "pope: "))
    #expect(missing != nil && first != nil && missing!.lowerBound < first!.lowerBound)
    #expect(run.errors.contains("llava_pope_test.jsonl:1: question 1 cannot be asked"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("answers")).count >= 7)
    let json = try CommandProcess(arguments + ["--json"])
    let list = try #require(JSONValue(parsing: Data(json.output.utf8), file: "output").array)
    #expect(list.count == 9 && list.count { $0.object?["score"]?.isNull == true } == 2)
    #expect(json.code == 1)
  }

  @Test func scoresAreToldWhenTheyAreKnownAndSurviveControlC() throws {
    let world = try folder.world(count: 60)
    let output = folder.path("out")
    let answers = folder.path("answers")
    // The first score stands in the file while others are still made.
    let run = try CommandProcess(
      shell: """
        $TOOL eval -m '\(model)' --benchmark all --data '\(world)' --answers '\(answers)' > '\(output)' & run=$!
        while ! grep -q % '\(output)'; do sleep 0.02; done
        kill -INT $run; wait $run; echo $?
        """)
    #expect(run.output == "130\n")
    let told = try folder.text("out").split(separator: "\n")
    #expect(told.first?.hasPrefix("textvqa (llava): ") == true && told.count < 9, "\(told)")
    #expect(run.errors.contains("stopped by Ctrl-C"), "\(run.errors)")
    let finished = try CommandProcess(
      ["eval", "-m", model, "--benchmark", "all", "--data", world, "--answers", answers])
    #expect(finished.code == 0 && finished.output.split(separator: "\n").count == 10)
    #expect(finished.errors.contains("textvqa: 60 of 60 answers are there"))
  }

  @Test func aQuestionThatCannotBeAskedIsNamedAndCountedWhereThatIsAllowed() throws {
    let world = try folder.world()
    let file = "world/vizwiz/llava_test.jsonl"
    try FileManager.default.createDirectory(
      atPath: folder.path("world/vizwiz/images"), withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      atPath: Shipped.picture("1.png"), toPath: folder.path("world/vizwiz/images/a.png"))
    _ = try folder.write("world/vizwiz/images/bad.png", "no picture")
    let long = String(repeating: "long ", count: 3000)
    let rows = [("a.png", "What is this?"), ("a.png", long), ("bad.png", "What?"), ("none.png", "What?")]
    _ = try folder.write(
      file,
      rows.enumerated().map { #"{"question_id": \#($0), "image": "\#($1.0)", "text": "\#($1.1)"}"# + "\n" }
        .joined())
    let truth = rows.indices.map {
      #"{"image": "\#(rows[$0].0)", "question": "q", "answers": [{"answer": "x", "answer_confidence": "yes"}], "answer_type": "other", "answerable": 1}"#
    }
    _ = try folder.write("world/vizwiz/val.json", "[\(truth.joined(separator: ","))]")
    let arguments = ["eval", "-m", model, "--benchmark", "vizwiz", "--data", world]
    let answers = ["--answers", folder.path("a.jsonl")]
    let strict = try CommandProcess(arguments + answers)
    strict.expectFailure("llava_test.jsonl:2: question 1 cannot be asked", "--lenient")
    let lenient = try CommandProcess(arguments + answers + ["--lenient"])
    for place in [
      "llava_test.jsonl:2: question 1", "llava_test.jsonl:3: question 2", "llava_test.jsonl:4: question 3",
    ] {
      #expect(lenient.errors.contains(place), "\(lenient.errors)")
    }
    #expect(try folder.text("a.jsonl").split(separator: "\n").count == 1)
  }
}
