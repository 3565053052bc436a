import Foundation
import StrictJSON
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// How a run ends that somebody, or a number, stops.
@Suite struct TrainCommandTests {
  private static let root = Fixtures.folder.deletingLastPathComponent().deletingLastPathComponent()
  private let folder = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
    .appendingPathComponent("gamma-mod-tests-" + UUID().uuidString)
  private var output: URL { folder.appendingPathComponent("output") }

  /// The path of a run file for the shipped model.
  private func config(_ changes: String = "") throws -> String {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let data = folder.appendingPathComponent("data.jsonl")
    try #"{"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "red"}]}"#
      .write(to: data, atomically: true, encoding: .utf8)
    let model = Self.root.appendingPathComponent("models/pocket").path
    let file = folder.appendingPathComponent("run.json")
    try """
    {"stage": "instruct", "model": "\(model)", "tokenizer": "\(model)", "data": "\(data.path)",
     "output": "\(output.path)", "steps": 100000, "learning_rate": 0.0001, "log_every": 1, "pieces": 1,
     "pictures_per_step": 1, "validation_pictures": 0\(changes)}
    """.write(to: file, atomically: true, encoding: .utf8)
    return file.path
  }

  private func waitForSteps() {
    let log = output.appendingPathComponent("log.jsonl")
    for _ in 0..<600 where (try? Data(contentsOf: log))?.isEmpty ?? true { usleep(100_000) }
  }

  @Test(arguments: [SIGTERM, SIGINT]) func aSignalSavesTheState(_ signal: Int32) throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let run = try CommandProcess(["train", "--config", config()]) { process in
      waitForSteps()
      kill(process.processIdentifier, signal)
    }
    #expect(run.code == 130, "\(run.errors)")
    #expect(run.errors.contains("--resume goes on"), "\(run.errors)")
    let state = output.appendingPathComponent("state")
    let steps = try JSONObject.read(contentsOf: state.appendingPathComponent("run.json")).int("steps")
    #expect(steps >= 1)
    let again = try CommandProcess(["train", "--resume", "--config", config(#", "seed": 9"#)])
    #expect(again.code == 1 && again.errors.contains("seed was 1 and is 9"), "\(again.errors)")
  }

  @Test func aLossThatIsNoNumberIsAFailure() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let run = try CommandProcess(["train", "--config", config(#", "epsilon": 0"#)])
    #expect(run.code == 1 && run.output.isEmpty)
    #expect(run.errors.contains("step 2: the loss is"), "\(run.errors)")
    let log = try String(contentsOf: output.appendingPathComponent("log.jsonl"), encoding: .utf8)
    #expect(!log.contains("-1,"), "\(log)")
    #expect(!FileManager.default.fileExists(atPath: output.appendingPathComponent("model").path))
  }

  @Test(arguments: ["9223372036854775807", "100000"]) func noNumberOfThreadsIsACrash(_ threads: String) throws
  {
    defer { try? FileManager.default.removeItem(at: folder) }
    let run = try CommandProcess(["train", "--config", config(#", "epsilon": 0"#), "--threads", threads])
    #expect(run.code == 64 && run.errors.contains("--threads takes 1 to 1024"), "\(run.errors)")
  }
}
