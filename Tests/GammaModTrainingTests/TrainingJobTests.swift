import Foundation
import GammaMoD
import GammaModTraining
import RunTesting
import Synchronization
import Testing

/// Runs of a very small model, started as an app does.
@Suite struct TrainingJobTests {
  private static func runFile(_ tiny: TinyRun, steps: Int) throws -> URL {
    let file = tiny.folder.appending(path: "run.json")
    let json = """
      {"stage": "instruct", "model": "\(tiny.folder.path)/config.json",
       "tokenizer": "\(TinyRun.repository.path)/models/pocket-tokenizer", "output": "\(tiny.output("out").path)",
       "trainable": ["projector", "decoder"], "steps": \(steps), "pictures_per_step": 2, "learning_rate": 0.003,
       "checkpoint_every": 1000, "validation_pictures": 0}
      """
    try json.write(to: file, atomically: true, encoding: .utf8)
    return file
  }

  @Test func runsToTheEnd() async throws {
    let tiny = try TinyRun()
    let job = try TrainingJob(runFile: Self.runFile(tiny, steps: 2))
    #expect(job.output.path == tiny.output("out").path)
    let lines = Mutex<[String]>([])
    let isDone = try await job.run(threads: 1) { line in lines.withLock { $0.append(line) } }
    #expect(isDone && lines.withLock { $0.last }?.contains("out/model") == true)
    #expect(try ModelSummary(job.output.appending(path: "model")).family == "llava")
  }

  @Test func cancelledRunGoesOn() async throws {
    let tiny = try TinyRun()
    let job = try TrainingJob(runFile: Self.runFile(tiny, steps: 3))
    let task = Task { try await job.run(threads: 1) }
    task.cancel()
    #expect(try await task.value == false)
    let state = job.output.appending(path: "state").path
    #expect(FileManager.default.fileExists(atPath: state))
    #expect(!FileManager.default.fileExists(atPath: job.output.appending(path: "model").path))
    #expect(try await job.run(resuming: true, threads: 1))
    #expect(FileManager.default.fileExists(atPath: job.output.appending(path: "model").path))
  }

  @Test func faultsNameTheKey() throws {
    let tiny = try TinyRun()
    let file = try Self.runFile(tiny, steps: 0)
    #expect { try TrainingJob(runFile: file) } throws: {
      ($0 as? GammaModError)?.code == .json && "\($0)".contains("steps")
    }
  }
}
