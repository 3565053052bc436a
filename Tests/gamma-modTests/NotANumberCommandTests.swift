import Checkpoints
import Foundation
import StrictJSON
import Tensors
import Testing

/// Weights that are no numbers, or not those that were written, end every command that reads them.
@Suite struct NotANumberCommandTests {
  private static let root = Fixtures.folder.deletingLastPathComponent().deletingLastPathComponent()
  private let folder = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
    .appendingPathComponent("gamma-mod-tests-" + UUID().uuidString)
  private var model: String { folder.appendingPathComponent("model").path }

  /// A copy of the shipped model.
  private func copy() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      at: Self.root.appendingPathComponent("models/pocket"), to: URL(fileURLWithPath: model))
  }

  private func plant(in name: String) throws {
    let url = URL(fileURLWithPath: model).appendingPathComponent("model.safetensors")
    let file = try SafetensorsFile(url)
    var writer = SafetensorsWriter(metadata: file.metadata)
    for other in file.names where other != name { try writer.add(other, copyOf: other, in: file) }
    let tensor = try file.tensor(name)
    var values = tensor.floats()
    values[1] = .nan
    try writer.add(name, Tensor(values, shape: tensor.shape))
    try FileManager.default.removeItem(at: url)
    try writer.write(to: url)
  }

  @Test func everyCommandRefusesNaN() throws {
    try copy()
    defer { try? FileManager.default.removeItem(at: folder) }
    let name = "language_model.model.layers.2.mlp.down_proj.weight"
    try plant(in: name)
    let out = folder.appendingPathComponent("out").path
    let questions = folder.appendingPathComponent("questions.jsonl")
    try #"{"text": "What is it?"}"#.write(to: questions, atomically: true, encoding: .utf8)
    let samples = folder.appendingPathComponent("data.jsonl")
    try #"{"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "red"}]}"#
      .write(to: samples, atomically: true, encoding: .utf8)
    let config = folder.appendingPathComponent("run.json")
    try """
    {"stage": "instruct", "model": "\(model)", "tokenizer": "\(model)", "data": "\(samples.path)",
     "output": "\(out)", "steps": 1, "learning_rate": 0.001}
    """.write(to: config, atomically: true, encoding: .utf8)
    for arguments in [
      ["run", "-m", model, "-p", "Hi"], ["run", "-m", model, "-p", "Hi", "--dtype", "int8"],
      ["run", "-m", model, "-p", "Hi", "--dense", "--temp", "1"],
      ["arank", "-m", model, "--data", questions.path, "--samples", "1"],
      ["quantize", "-m", model, "--dtype", "int4", "--out", out],
      ["convert", "-m", model, "--layers", "1", "--out", out],
      [
        "trace", "-m", model, "--inputs", Fixtures.path("models/llama-text/inputs.safetensors"), "--outputs",
        out,
      ],
      ["bench", "-m", model, "--decode-tokens", "1", "--repeat", "1"],
      ["train", "--config", config.path],
    ] {
      let run = try CommandProcess(arguments)
      #expect(run.code == 1 && run.output.isEmpty, "\(arguments): \(run.code) \(run.output)")
      #expect(
        run.errors.contains(name) && run.errors.contains("model.safetensors"), "\(arguments): \(run.errors)")
      // A notice may stand before it.
      let sentences = run.errors.split(separator: "\n").filter { !$0.hasPrefix("notice: ") }
      #expect(sentences.count == 1, "\(run.errors)")
    }
  }

  @Test func aFlippedByteIsNamedByVerify() throws {
    try copy()
    defer { try? FileManager.default.removeItem(at: folder) }
    let asked = ["run", "-m", model, "-p", "Hello", "-n", "1", "--verify"]
    let good = try CommandProcess(asked)
    #expect(good.code == 0, "\(good.errors)")
    let weights = URL(fileURLWithPath: model).appendingPathComponent("model.safetensors")
    var bytes = try Data(contentsOf: weights)
    bytes[bytes.count - 101] ^= 1
    try bytes.write(to: weights)
    let bad = try CommandProcess(asked)
    #expect(bad.code == 1 && bad.output.isEmpty)
    #expect(bad.errors.contains(weights.path) && bad.errors.contains("manifest"), "\(bad.errors)")
    #expect(try CommandProcess(asked.dropLast()).code == 0)
    let out = folder.appendingPathComponent("made").path
    for arguments in [
      ["inspect", model], ["quantize", "-m", model, "--dtype", "int8", "--out", out],
      ["convert", "-m", model, "--layers", "1", "--out", out],
    ] {
      let run = try CommandProcess(arguments + ["--verify"])
      #expect(run.code == 1 && run.errors.contains(weights.path), "\(arguments): \(run.errors)")
      #expect(!FileManager.default.fileExists(atPath: out), "\(arguments)")
    }
  }

  @Test func whatSeveralPicturesAndOtherTemplatesMeanIsSaid() throws {
    let pocket = Self.root.appendingPathComponent("models/pocket").path
    let picture = Self.root.appendingPathComponent("demo/1.png").path
    let one = ["run", "-m", pocket, "-p", "What color is the circle?", "-n", "2", "--image", picture]
    #expect(try CommandProcess(one).errors.isEmpty)
    let two = try CommandProcess(one + ["--image", picture])
    #expect(two.code == 0 && two.errors.contains("2 pictures are given"), "\(two.errors)")
    let template = try CommandProcess(one + ["--conv-mode", "mpt"])
    #expect(template.code == 0 && template.errors.contains("<|im_end|>"), "\(template.errors)")
  }
}
