import Foundation
import StrictJSON
import Testing

/// What users of other programs write, and what they are told.
@Suite final class WordsTests {
  private let folder: TestFolder
  private static let model = Shipped.model("pocket-gamma")
  private static let picture = Shipped.picture("1.png")
  private static let question = "What color is the circle?"

  init() throws { folder = try TestFolder() }

  private func answer(_ arguments: [String], input: String = "") throws -> String {
    let run = try CommandProcess(["run", "-m", Self.model] + arguments, input: input)
    #expect(run.code == 0, "\(arguments): \(run.errors)")
    return run.output
  }

  private var usual: String {
    get throws { try answer(["--image", Self.picture, "-p", Self.question]) }
  }

  @Test func valuesThatBeginWithAMinusAreExplained() throws {
    let text = try CommandProcess(["run", "-m", Self.model, "-p", "-5 or 5?"])
    #expect(text.code == 64 && text.errors.contains("write -p='-5 or 5?'"), "\(text.errors)")
    let number = try CommandProcess(["run", "-m", Self.model, "-p", "Hi", "-n", "-1"])
    #expect(number.code == 64 && number.errors.contains("write -n=-1"), "\(number.errors)")
    #expect(try !answer(["-p=-5 or 5?", "-n", "2"]).isEmpty)
  }

  @Test(arguments: [
    ["run", "-m", model, "-p", "Hi", "--conv-mode", "foo"],
    ["run", "-m", model, "-p", "Hi", "--dtype", "foo"],
    ["convert", "-m", Shipped.model("pocket"), "--layers", "99", "--out", "nowhere"],
    ["convert", "-m", Shipped.model("pocket"), "--layers", "1,1", "--out", "nowhere"],
    ["run", "-m", Shipped.model("pocket"), "-p", "Hi", "--skip", "0.5"],
    ["run", "-m", "", "-p", "Hi"], ["run", "-m", model, "--image", "", "-p", "Hi"],
    ["eval", "-m", model, "--benchmark", "all", "--data", "x", "--question-file", "y"],
    ["eval", "-m", model, "--benchmark", "gqa", "--data", "x", "--grades", "y"],
    ["trace", "-m", model, "--inputs", "x", "--outputs", "y", "--conv-mode", "v1"],
    ["bench", "--tower", "clip-l-336", "--text-tokens", "4"],
    ["bench", "-m", model, "--decode-threshold", "0.5"],
    ["bench", "-m", model, "--training", "--decode-tokens", "3"],
    ["convert", "-m", model, "--layers", "1", "--variant", "plain", "--out", "nowhere"],
    ["convert", "-m", model, "--layers", "1", "--router", "random", "--data", "x", "--out", "nowhere"],
    ["reproduce", "--out", "x", "--report-only", "--rows", "a"],
    ["run", "-m", model, "--image", "-", "-p", "-"], ["run", "-m", model, "-p", "Hi", "--overwrite"],
    ["run", "-m", model, "-p", "Hi", "--num_beams", "4"],
    ["run", "-m", model, "-p", "Hi", "--device", "cuda"],
    ["run", "-m", model, "-p", "Hi", "--load-4bit", "--dtype", "f32"],
  ])
  func wrongValuesAndFlagsWithoutUseAreWrongUsage(_ arguments: [String]) throws {
    let run = try CommandProcess(arguments)
    #expect(run.code == 64 && run.output.isEmpty, "\(run.code) \(run.errors)")
    #expect(
      run.errors.hasPrefix("gamma-mod: ") && run.errors.contains("\nUsage: gamma-mod "), "\(run.errors)")
  }

  @Test func flagsOfLLaVAsScriptsAreTaken() throws {
    let asked = try answer(
      ["--image-file", Self.picture, "--query", Self.question, "--num_beams", "1", "--max_new_tokens", "8"]
        + ["--conv-mode", "vicuna_v1", "--top_p", "1"])
    #expect(try asked == usual)
    #expect(try !answer(["-p", "Hi", "--load-4bit", "-n", "2"]).isEmpty)
    #expect(try !answer(["-p", "Hi", "--load-8bit", "-n", "2"]).isEmpty)
    let device = try CommandProcess(["run", "-m", Self.model, "-p", "Hi", "--device", "cuda"])
    #expect(device.errors.contains("computes on the processor"))
    let beams = try CommandProcess(["run", "-m", Self.model, "-p", "Hi", "--num_beams", "2"])
    #expect(beams.errors.contains("no search over beams"))
  }

  @Test func aDashReadsTheQuestionFromStandardInput() throws {
    #expect(try answer(["--image", Self.picture, "-p", "-"], input: Self.question + "\n") == usual)
    let lines = #"{"image": "\#(Self.picture)", "text": "\#(Self.question)"}"#
    let run = try CommandProcess(["run", "-m", Self.model, "--batch", "-"], input: lines)
    let text = try usual.trimmingCharacters(in: .whitespacesAndNewlines)
    #expect(run.code == 0 && run.output.contains(text), "\(run.errors)")
  }

  @Test func picturesMayBeNamedByURLs() throws {
    let data = try Data(contentsOf: URL(filePath: Self.picture)).base64EncodedString()
    for name in ["file://\(Self.picture)", "data:image/png;base64,\(data)"] {
      #expect(try answer(["--image", name, "-p", Self.question]) == usual)
    }
    let lines = try folder.write(
      "q.jsonl", #"{"image": "data:image/png;base64,\#(data)", "text": "\#(Self.question)"}"#)
    let text = try usual.trimmingCharacters(in: .whitespacesAndNewlines)
    #expect(try answer(["--batch", lines]).contains(text))
    try CommandProcess(["run", "-m", Self.model, "--image", "https://a.b/c.png", "-p", "Hi"])
      .expectFailure("https://a.b/c.png", "network", "download")
    try CommandProcess(["run", "-m", Self.model, "--image", "data:image/png;base64,!", "-p", "Hi"])
      .expectFailure("data:image/png")
  }

  @Test func namesOfFilesAreTakenByTheirBytes() throws {
    let (composed, apart) = ("caf\u{E9}.png", "cafe\u{301}.png")
    for (name, source) in [(composed, "1.png"), (apart, "2.png"), ("a b.png", "1.png")] {
      try FileManager.default.copyItem(atPath: Shipped.picture(source), toPath: folder.path(name))
    }
    try #require(try folder.names.count == 3)
    let other = try answer(["--image", Shipped.picture("2.png"), "-p", Self.question])
    #expect(try other != usual)
    #expect(try answer(["--image", folder.path(composed), "-p", Self.question]) == usual)
    #expect(try answer(["--image", folder.path(apart), "-p", Self.question]) == other)
    #expect(try answer(["--image", folder.path("a b.png"), "-p", Self.question]) == usual)
    let bytes = try CommandProcess(
      shell: "$TOOL run -m '\(Self.model)' -p Hi --image \"$(printf 'caf\\351.png')\"")
    bytes.expectFailure(#""caf\xE9.png" is no UTF-8 text"#, code: 64)
  }

  @Test func closedStreamsAreASentence() throws {
    let tokenizer = Shipped.model("pocket")
    try CommandProcess(shell: "$TOOL tokenize --tokenizer '\(tokenizer)' <&-").expectFailure(
      "standard input", "closed")
    try CommandProcess(shell: "$TOOL run -m '\(Self.model)' -p - <&-").expectFailure(
      "standard input", "closed")
    try CommandProcess(shell: "$TOOL run -m '\(Self.model)' --image - -p Hi <&-").expectFailure(
      "standard input")
    try CommandProcess(shell: "echo '[\"a\"]' | $TOOL tokenize --tokenizer '\(tokenizer)' >&-")
      .expectFailure("standard output")
    // What is opened next must not become the place of answers.
    let out = folder.path("o.png")
    try CommandProcess(
      shell: "$TOOL run -m '\(Self.model)' --image '\(Self.picture)' -p Hi -n 2 --overlay '\(out)' >&-"
    ).expectFailure("standard output")
    #expect(try folder.names.isEmpty)
  }

  @Test func filesInTheWrongPlaceAreNamed() throws {
    let file = try folder.write("file", "content")
    for (arguments, words) in [
      (["run", "-m", file, "-p", "Hi"], "this is a file"), (["inspect", file], "this is a file"),
      (["eval", "-m", Self.model, "--benchmark", "gqa", "--data", file], "no such folder"),
      (["world", "--out", file + "/w"], "no file is in its way"),
      (["convert", "-m", Shipped.model("pocket"), "--layers", "1", "--out", file], "this is a file"),
      (["run", "-m", Self.model, "--image", folder.url.path, "-p", "Hi"], "it is a folder"),
      (["tokenize", "--tokenizer", file], "file"),
    ] {
      try CommandProcess(arguments, input: "[]").expectFailure(words)
    }
  }

  @Test func inspectionFailsForWhatCannotAnswer() throws {
    let copy = folder.path("model")
    try FileManager.default.copyItem(atPath: Self.model, toPath: copy)
    #expect(try CommandProcess(["inspect", copy]).code == 0)
    for name in ["tokenizer.json", "tokenizer.model"] {
      try FileManager.default.removeItem(atPath: "\(copy)/\(name)")
    }
    let missing = try CommandProcess(["inspect", copy])
    missing.expectFailure("tokenizer.model or tokenizer.json")
    #expect(missing.output.contains("not supported"))
    let json = try CommandProcess(["inspect", copy, "--json"])
    #expect(json.code == 1 && json.output.contains("\"supported\": false"))
    let unknown = try CommandProcess(["inspect", Fixtures.path("models/qwen2.5-vl")])
    unknown.expectFailure("preprocessor_config.json")
    try CommandProcess(["run", "-m", Fixtures.path("models/qwen2.5-vl"), "-p", "Hi"]).expectFailure(
      "holds no")
  }

  @Test func anAdapterIsInspectedAndConvertedWithItsBase() throws {
    let adapter = folder.path("adapter")
    try FileManager.default.createDirectory(atPath: adapter, withIntermediateDirectories: true)
    _ = try folder.write(
      "adapter/adapter_config.json",
      #"{"peft_type": "LORA", "base_model_name_or_path": "nobody/model", "r": 2}"#)
    for command in [
      ["inspect", adapter], ["convert", "-m", adapter, "--layers", "1", "--out", folder.path("o")],
    ] {
      try CommandProcess(command).expectFailure("nobody/model", "--model-base")
      // The base is found; what the adapter itself lacks is named then.
      try CommandProcess(command + ["--model-base", Shipped.model("pocket")]).expectFailure("adapter")
    }
  }
}
