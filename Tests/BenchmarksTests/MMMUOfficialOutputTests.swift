import Foundation
import StrictJSON
import Testing

@testable import Benchmarks

/// The outputs of two real models that MMMU's authors publish; they are not part of this package.
///
/// `MMMU_OFFICIAL` names the folder that holds `official_expected.json` and `official_example_outputs`.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["MMMU_OFFICIAL"] != nil))
struct MMMUOfficialOutputTests {
  private static let folder = URL(
    filePath: ProcessInfo.processInfo.environment["MMMU_OFFICIAL"] ?? "", directoryHint: .isDirectory)

  private static func score(_ answers: String) throws -> Score {
    let outputs = folder.appending(path: "official_example_outputs")
    return try BenchmarkFolder(.mmmu, at: outputs)
      .score(AnswerFile(merging: [outputs.appending(path: answers)]))
  }

  @Test(arguments: [
    "llava1.5_13b/total_val_output.json", "qwen_vl/total_val_output.json", "llava1.5_13b_val.json",
  ])
  func convertedAnswers(path: String) throws {
    let key = path.replacingOccurrences(of: "/total_val_output.json", with: "_total_val_output")
    let expected = try JSONObject.read(contentsOf: Self.folder.appending(path: "official_expected.json"))
      .object(key)
    let score = try Self.score(path)
    #expect(score.count == 900)
    #expect(abs(score.score / 100 - (try expected.object("Overall").double("acc"))) <= 0.0005)
    for (name, value) in expected where name != "Overall" {
      let table = name.hasPrefix("Overall-") ? "domains" : "subjects"
      let short = name.replacingOccurrences(of: "Overall-", with: "")
      let accuracy = try score.number(table, short, "accuracy") / 100
      #expect(abs(accuracy - (try #require(value.object).double("acc"))) <= 0.0005001, "\(name)")
    }
  }

  /// Drawn letters included.
  @Test(arguments: ["llava1.5_13b", "qwen_vl"]) func rawAnswers(model: String) throws {
    let file = try JSONObject.read(contentsOf: Self.folder.appending(path: "official_expected.json"))
    let score = try Self.score(model)
    #expect(try score.details.int("guesses") == file.int(model + "_random_fallbacks"))
    for (subject, value) in try file.object(model) {
      let accuracy = try #require(value.object).double("acc") * 100
      #expect(isClose(try score.number("subjects", subject, "accuracy"), accuracy), "\(subject)")
    }
  }
}
