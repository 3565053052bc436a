import Foundation
import Testing

/// Exit codes and streams, which scripts rely on.
@Suite struct ExitTests {
  /// Nobody can create it by accident.
  static let missing = "/dev/null/no/such/place"

  @Test(arguments: [
    ["inspect", missing], ["inspect", Fixtures.path("tokenizers")],
    ["tokenize", "--tokenizer", missing],
    ["train", "--config", missing], ["train", "--config", Fixtures.path("prompts.json")],
    ["arank", "-m", missing, "--data", missing],
    ["convert", "-m", missing, "--layers", "1", "--out", "/tmp/none"],
    ["convert", "-m", missing, "--arank", missing, "--out", "/tmp/none"],
    ["world", "--out", Fixtures.path("models")],
    ["run", "-m", missing, "-p", "Hi"], ["preprocess", "--image", missing, "--rgb"],
    ["preprocess", "--image", Fixtures.path("images/bad/png_truncated_1.png"), "--rgb"],
    [
      "preprocess", "--config", missing, "--image", Fixtures.path("preprocess/inputs/n1_1x1.png"),
      "--outputs",
      "/tmp/none",
    ],
    ["trace", "-m", missing, "--inputs", missing, "--outputs", "/tmp/none"],
    ["eval", "-m", missing, "--benchmark", "pope", "--data", missing],
  ])
  func failuresAreOneSentence(_ arguments: [String]) throws {
    let run = try CommandProcess(arguments, input: "[]")
    #expect(run.code == 1)
    #expect(run.output.isEmpty)
    #expect(run.errors.hasPrefix("gamma-mod: ") && run.errors.hasSuffix(".\n"), "\(run.errors)")
    #expect(run.errors.filter(\.isNewline).count == 1, "\(run.errors)")
    #expect(!run.errors.contains("Error"), "\(run.errors)")
  }

  @Test(arguments: [
    ["paint"], ["preprocess", "--image", "a"], ["preprocess", "--image", "a", "--config", "b"],
    ["preprocess", "--image", "a", "--config", "b", "--outputs", "c", "--rgb"], ["inspect"],
    ["inspect", "a", "b"], ["tokenize", "--tokenizer", "a", "--skip-special"],
    ["tokenize", "--tokenizer", "a", "--decode", "--conversation", "v1"],
    ["world", "--out", "a", "--count", "0"],
    ["world", "--out", "a", "--split", "test"], ["train", "--config", "a", "--threads", "0"],
    ["arank", "-m", "a", "--data", "b", "--samples", "0"], ["convert", "-m", "a", "--out", "b"],
    ["convert", "-m", "a", "--out", "b", "--layers", "1,two"],
    ["convert", "-m", "a", "--out", "b", "--layers", "1", "--dense-layers", "3"],
    ["convert", "-m", "a", "--out", "b", "--layers", "1", "--skip", "nan"],
    ["tokenize", "--tokenizer", Fixtures.path("tokenizers/sp-bpe"), "--conversation", "nobody's"],
  ])
  func wrongUsageIs64(_ arguments: [String]) throws {
    let run = try CommandProcess(arguments)
    #expect(run.code == 64)
    #expect(run.output.isEmpty)
    #expect(run.errors.hasPrefix("gamma-mod: ") && run.errors.contains("\nUsage: gamma-mod"), "\(run.errors)")
  }

  @Test(arguments: [["--version"], ["--help"], ["inspect", "--help"], ["help", "train"]])
  func helpIsAnAnswer(_ arguments: [String]) throws {
    let run = try CommandProcess(arguments)
    #expect(run.code == 0)
    #expect(!run.output.isEmpty && run.errors.isEmpty)
  }

  @Test func answersGoToStandardOutput() throws {
    let tokenizer = Fixtures.path("tokenizers/sp-bpe")
    var run = try CommandProcess(["tokenize", "--tokenizer", tokenizer], input: #"["", "</s>"]"#)
    #expect(run.code == 0 && run.errors.isEmpty)
    #expect(run.output == "[[1],[1,2]]\n")
    run = try CommandProcess(
      ["tokenize", "--tokenizer", tokenizer, "--decode", "--skip-special"], input: "[[1, 2], []]")
    #expect(run.output == "[\"\",\"\"]\n")
    run = try CommandProcess(
      ["tokenize", "--tokenizer", tokenizer, "--conversation", "llava_hf"],
      input: #"[[[0, "<image>"], [1, null]]]"#)
    #expect(run.output.hasPrefix(#"[{"prompt":"USER: <image> ASSISTANT:","ids":[1,"#))
    #expect(run.output.contains(",-200,"))
    run = try CommandProcess(["inspect", Shipped.model("pocket"), "--json"])
    #expect(run.code == 0 && run.errors.isEmpty && run.output.hasPrefix("{\n"))
  }

  @Test(arguments: ["{}", "[3]", "[\"a\"", "", "[\"\\ud800\"]"])
  func wrongInputIsAFailure(_ input: String) throws {
    let run = try CommandProcess(
      ["tokenize", "--tokenizer", Fixtures.path("tokenizers/sp-bpe")], input: input)
    #expect(run.code == 1 && run.output.isEmpty)
    #expect(run.errors.hasPrefix("gamma-mod: standard input"), "\(run.errors)")
  }
}
