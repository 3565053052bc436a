import Foundation
import Testing

/// Commands that take long say on a terminal how far they are, how fast, and how long it will take.
@Suite final class ProgressTests {
  private static let root = Fixtures.folder.deletingLastPathComponent().deletingLastPathComponent()
  private static let dense = root.appendingPathComponent("models/pocket").path
  private static let routed = root.appendingPathComponent("models/pocket-gamma").path
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)

  init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(at: folder) }

  private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  private func arguments(of command: String) -> [String] {
    switch command {
    case "world": [command, "--out", path("other"), "--count", "300"]
    case "bench": [command, "-m", Self.routed, "--repeat", "20", "--threads", "1"]
    case "eval": [command, "-m", Self.routed, "--benchmark", "gqa", "--data", path("world"), "-t", "1"]
    case "arank": [command, "-m", Self.dense, "--data", path("world"), "--samples", "16", "-t", "1"]
    case "convert":
      [
        command, "-m", Self.dense, "--layers", "1,2", "--data", path("world"), "--samples", "16", "-t", "1",
        "--out", path("converted"),
      ]
    case "run":
      [
        command, "-m", Self.routed, "--batch", path("questions.jsonl"), "--answers", path("answers.jsonl"),
        "-t", "1",
      ]
    default: [command, "--config", path("run.json"), "--threads", "1"]
    }
  }

  @Test(
    arguments: zip(
      ["world", "bench", "eval", "arank", "convert", "run", "train"],
      ["world", "bench", "gqa", "arank", "convert", "run", "step"]))
  func aTerminalShowsHowFarACommandIs(_ command: String, _ name: String) throws {
    let world = try CommandProcess(["world", "--out", path("world"), "--count", "60", "--seed", "7"])
    #expect(world.code == 0)
    let question = #"{"text": "What color is the circle?"}"# + "\n"
    try String(repeating: question, count: 800).write(
      toFile: path("questions.jsonl"), atomically: true, encoding: .utf8)
    try """
    {"stage": "instruct", "model": "\(Self.routed)", "tokenizer": "\(Self.routed)", "output": "out", "steps": 6,
     "pictures_per_step": 2, "trainable": ["router"], "learning_rate": 1e-4, "validation_pictures": 0}
    """.write(toFile: path("run.json"), atomically: true, encoding: .utf8)
    let run = try TerminalProcess(arguments(of: command))
    #expect(run.code == 0, "\(run.screen)")
    let drawn = run.screen.components(separatedBy: "\r\u{1B}[K").filter { $0.hasPrefix("\(name) ") }
    #expect(drawn.contains { $0.hasSuffix(" left") || $0.contains(" left, loss ") }, "\(run.screen)")
    #expect(drawn.contains { $0.contains("/s, ") || $0.contains(" s each, ") }, "\(run.screen)")
    // What is drawn is taken away again; only notes stay.
    #expect(!(run.screen.components(separatedBy: "\r\u{1B}[K").last ?? "").contains(" left"))
  }
}
