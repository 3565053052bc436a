import Foundation
import Testing

/// What is written replaces nothing unasked and destroys no input.
@Suite final class OutputTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  @Test func anOutputThatIsAnInputIsRefused() throws {
    let world = try folder.world()
    let picture = folder.path("p.png")
    try FileManager.default.copyItem(atPath: Shipped.picture("1.png"), toPath: picture)
    let before = try Data(contentsOf: URL(filePath: picture))
    let hard = folder.path("hard.png")
    try FileManager.default.linkItem(atPath: picture, toPath: hard)
    let config = try folder.write("config.json", "{}")
    let questions = try folder.write("q.jsonl", "{\"image\": \"p.png\", \"text\": \"What?\"}\n")
    let answers = try folder.write("a.jsonl", "{\"question_id\": 0, \"text\": \"x\"}\n")
    let model = Shipped.model("pocket")
    for arguments in [
      ["run", "-m", model, "--image", picture, "-p", "What?", "--overlay", picture],
      ["run", "-m", model, "--image", picture, "-p", "What?", "--overlay", hard],
      ["preprocess", "--config", config, "--image", picture, "--outputs", config],
      ["preprocess", "--config", config, "--image", picture, "--outputs", hard],
      ["arank", "-m", model, "--data", questions, "--out", questions],
      ["arank", "-m", model, "--data", questions, "--plot", questions],
      ["trace", "-m", model, "--inputs", answers, "--outputs", answers],
      ["score", "--benchmark", "gqa", "--data", world, "--answers", answers, "--submission", answers],
      ["score", "--benchmark", "gqa", "--data", world, "--answers", answers, "--merge", answers],
      [
        "score", "--benchmark", "gqa", "--data", world, "--answers", answers, "--submission",
        world + "/gqa/llava_gqa_testdev_balanced.jsonl",
      ],
      [
        "eval", "-m", model, "--benchmark", "gqa", "--data", world, "--submission",
        world + "/gqa/data/testdev_balanced_questions.json",
      ],
      ["convert", "-m", model, "--layers", "1", "--out", model],
      ["quantize", "-m", model, "--dtype", "int8", "--out", Shipped.root.path + "/models"],
    ] {
      let run = try CommandProcess(arguments + ["--overwrite"])
      run.expectFailure("read as well")
      #expect(run.output.isEmpty)
    }
    let file = world + "/gqa/llava_gqa_testdev_balanced.jsonl"
    let run = try CommandProcess(
      ["eval", "-m", model, "--benchmark", "gqa", "--data", world, "--answers", file, "--overwrite"])
    run.expectFailure("read as well")
    #expect(try Data(contentsOf: URL(filePath: picture)) == before)
    #expect(try folder.text("q.jsonl").contains("p.png") && folder.text("config.json") == "{}")
  }

  @Test func whatIsThereIsReplacedOnlyWhenAsked() throws {
    let (model, picture) = (Shipped.model("pocket"), Shipped.picture("1.png"))
    let config = try folder.write("c.json", #"{"processor": {"image_processor_type": "CLIPImageProcessor"}}"#)
    let (layer, small) = (["--layers", "1", "--router", "random"], ["-n", "2", "-p", "What?"])
    for (arguments, output) in [
      (["run", "-m", model, "--image", picture] + small, "--overlay"),
      (["preprocess", "--config", config, "--image", picture], "--outputs"),
      (["convert", "-m", model] + layer, "--out"), (["quantize", "-m", model, "--dtype", "int8"], "--out"),
    ] {
      let place = folder.path("out-\(UUID())")
      let first = try CommandProcess(arguments + [output, place])
      #expect(first.code == 0, "\(first.errors)")
      let again = try CommandProcess(arguments + [output, place])
      again.expectFailure("--overwrite")
      #expect(again.output.isEmpty, "found before the work")
      #expect(try CommandProcess(arguments + [output, place, "--overwrite"]).code == 0)
    }
  }

  @Test func placesThatCannotBeWrittenAreFoundBeforeTheWork() throws {
    let world = try folder.world()
    let (model, nowhere) = (Shipped.model("pocket"), folder.path("no/where"))
    for arguments in [
      ["run", "-m", model, "--image", Shipped.picture("1.png"), "-p", "What?", "--overlay", nowhere],
      ["arank", "-m", model, "--data", world, "--out", nowhere],
      ["arank", "-m", model, "--data", world, "--plot", nowhere],
      ["eval", "-m", model, "--benchmark", "gqa", "--data", world, "--answers", nowhere],
      ["eval", "-m", model, "--benchmark", "gqa", "--data", world, "--submission", nowhere],
    ] {
      let run = try CommandProcess(arguments)
      run.expectFailure("no/where", "make this folder first")
      #expect(run.output.isEmpty)
    }
    let same = folder.path("same")
    try CommandProcess(["arank", "-m", model, "--data", world, "--out", same, "--plot", same])
      .expectFailure("two outputs")
  }

  @Test func aResultIsToldEvenWhereItsFileCannotBeWritten() throws {
    let world = try folder.world()
    let model = Shipped.model("pocket")
    let scored = try CommandProcess(
      ["eval", "-m", model, "--benchmark", "gqa", "--data", world, "--submission", "/dev/full"])
    scored.expectFailure("/dev/full")
    #expect(scored.output.hasPrefix("gqa (llava): "))
    let ranked = try CommandProcess(
      ["arank", "-m", model, "--data", world, "--samples", "1", "--out", "/dev/full"])
    ranked.expectFailure("/dev/full")
    #expect(ranked.output.contains("\"arank\""))
  }

  @Test func aConvertedModelSaysThatItIsNotTuned() throws {
    let world = try folder.world()
    let (ranks, out) = (folder.path("ranks.json"), folder.path("routed"))
    let measured = try CommandProcess(
      ["arank", "-m", Shipped.model("pocket"), "--data", world, "--samples", "2", "--out", ranks])
    #expect(measured.code == 0, "\(measured.errors)")
    let run = try CommandProcess(["convert", "-m", Shipped.model("pocket"), "--arank", ranks, "--out", out])
    #expect(run.code == 0 && run.errors.contains("original positions, the router starts from attention"))
    #expect(run.errors.contains("not been tuned yet"))
    let asked = ["run", "-m", out, "-p", "What?", "-n", "2"]
    #expect(try CommandProcess(asked).errors.contains("not tuned since; tune it"))
    #expect(try CommandProcess(asked + ["--dense"]).errors.contains("dense original"))
    #expect(try CommandProcess(["inspect", out]).output.contains("tuning          none"))
    let tuned = ["run", "-m", Shipped.model("pocket-gamma"), "-p", "What?", "-n", "2"]
    #expect(try CommandProcess(tuned).errors.isEmpty)
    // The released way stays.
    let official = folder.path("official")
    let compact = try CommandProcess(
      [
        "convert", "-m", Shipped.model("pocket"), "--arank", ranks, "--out", official, "--positions",
        "compact",
      ]
        + ["--router", "random"])
    #expect(compact.errors.contains("compact positions, the router starts at random"), "\(compact.errors)")
    // Where the questions are gone there is a notice, and an error if they were asked for.
    try FileManager.default.removeItem(atPath: world)
    let alone = ["convert", "-m", Shipped.model("pocket"), "--arank", ranks, "--out"]
    #expect(try CommandProcess(alone + [folder.path("b")]).errors.contains("starts at random"))
    try CommandProcess(alone + [folder.path("c"), "--router", "attention"]).expectFailure("--data")
  }
}
