import Foundation
import RunTesting
import StrictJSON
import Testing
import Training

/// A model that the pocket world does not fit is refused in a sentence.
@Suite struct MisfitTests {
  private func failure(_ stage: String, replacing setting: String, by other: String) throws -> String {
    let tiny = try TinyRun()
    let config = tiny.folder.appendingPathComponent("config.json")
    let text = try String(contentsOf: config, encoding: .utf8)
    try #require(text.contains(setting))
    try text.replacingOccurrences(of: setting, with: other)
      .write(to: config, atomically: true, encoding: .utf8)
    let run = try tiny.configuration("run", stage: stage)
    let error = #expect(throws: TrainingError.self) { try run.train(resume: false, threads: 1) { _ in } }
    return error?.description ?? ""
  }

  @Test(arguments: ["symbols", "instruct"]) func tokensBeyondTheVocabularyAreRefused(_ stage: String) throws {
    let text = try failure(stage, replacing: "\"vocab_size\": 640", by: "\"vocab_size\": 60")
    #expect(text.contains("outside the vocabulary of 60"), "\(text)")
  }

  @Test(arguments: ["symbols", "instruct"]) func sequencesBeyondTheContextAreRefused(_ stage: String) throws {
    let text = try failure(
      stage, replacing: "\"max_position_embeddings\": 512", by: "\"max_position_embeddings\": 100")
    #expect(text.contains("reads at most 100"), "\(text)")
  }
}
