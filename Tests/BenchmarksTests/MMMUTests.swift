import Foundation
import StrictJSON
import Testing

@testable import Benchmarks

@Suite struct MMMUTests {
  @Test func convertedAnswersScoreAsOfficially() throws {
    let score = try Fixtures.score(.mmmu, "mmmu/total_val_output.json")
    let expected = try Fixtures.object("mmmu/expected.json").object("eval_only")
    let overall = try expected.object("Overall")
    #expect(score.count == (try overall.int("num")))
    #expect(abs(score.score / 100 - (try overall.double("acc"))) < 0.0005)
    for (domain, value) in try score.details.object("domains") {
      let accuracy = try #require(value.object?["accuracy"]?.double)
      #expect(
        abs(accuracy / 100 - (try expected.object("Overall-" + domain).double("acc"))) < 0.0005, "\(domain)")
    }
    for (subject, value) in try score.details.object("subjects") {
      let accuracy = try #require(value.object?["accuracy"]?.double)
      #expect(abs(accuracy / 100 - (try expected.object(subject).double("acc"))) < 0.0005, "\(subject)")
    }
  }

  /// Guessed letters included: the same draws in the same order.
  @Test func rawAnswersScoreAsOfficially() throws {
    let expected = try Fixtures.object("mmmu/expected.json").object("parse_and_eval")
    let answers = try AnswerFile(merging: [Fixtures.folder.appending(path: "mmmu/outputs")])
    let score = try BenchmarkFolder(.mmmu, at: Fixtures.folder).score(answers)
    #expect(try score.number("guesses") == 29)
    for (subject, value) in expected {
      let accuracy = try #require(value.object).object("metric").double("acc")
      #expect(isClose(try score.number("subjects", subject, "accuracy"), accuracy * 100), "\(subject)")
    }
  }

  /// Every answer of the official output files is parsed and judged the same, except where the original guesses.
  @Test func responsesAreParsedAndJudgedAsOfficially() throws {
    let expected = try Fixtures.object("mmmu/expected.json").object("parse_and_eval")
    for (subject, value) in expected {
      let outputs = try Fixtures.array("mmmu/outputs/\(subject)/output.json")
      for (output, item) in zip(outputs, try #require(value.object).objects("items")) {
        let id = try item.string("id")
        #expect(try output.string("id") == id)
        let response = try output.string("response")
        let truths = try output.optionalStringOrStrings("answer")
        if try output.string("question_type") == "multiple-choice" {
          let options = try output.object("index2ans").map { $0.value.string ?? "" }
          #expect(MMMUAnswer.letter(in: response, options) == item["parsed_pred"]?.string, "\(id)")
        } else {
          let isRight = MMMUAnswer.isRight(MMMUAnswer.openAnswers(in: response), truths)
          #expect(isRight == (try item.string("judge") == "Correct"), "\(id)")
        }
      }
    }
  }

  @Test func openAnswersAreReadAsOfficially() throws {
    let tables = try Fixtures.object("mmmu/expected.json").object("parse_tables")
    for probe in try tables.array("open") {
      let pair = try #require(probe.array)
      let response = try #require(pair[0].string)
      let expected = Set(try #require(pair[1].array).map(Self.shown))
      #expect(Set(MMMUAnswer.openAnswers(in: response).map(Self.shown)) == expected, "\(response)")
    }
    for probe in try tables.array("normalize") {
      let pair = try #require(probe.array)
      let text = try #require(pair[0].string)
      let expected = try #require(pair[1].array).map(Self.shown)
      #expect(MMMUAnswer.normalised(ScalarText(text)).map(Self.shown) == expected, "\(text)")
    }
    for probe in try tables.array("numbers") {
      let pair = try #require(probe.array)
      let text = try #require(pair[0].string)
      #expect(
        MMMUAnswer.numbers(in: ScalarText(text)).map(\.string) == pair[1].array?.compactMap(\.string),
        "\(text)")
    }
  }

  private static func shown(_ value: JSONValue) -> String {
    switch value {
    case .string("NaN"): "nan"
    case .string("Infinity"): "inf"
    case .string(let text): "'" + text
    default: value.double.map { String($0) } ?? "?"
    }
  }

  private static func shown(_ answer: MMMUAnswer.Open) -> String {
    switch answer {
    case .number(let number): String(number)
    case .text(let text): "'" + text.string
    }
  }

  @Test func promptsAreTheOfficialOnes() throws {
    for entry in try Fixtures.array("mmmu/prompts.json") {
      let question = try MMMUQuestion(try entry.object("sample"))
      #expect(question.prompt == (try entry.string("final_input_prompt")))
      #expect(try entry.string("model_prompt").hasSuffix("USER: <image>\n\(question.prompt) ASSISTANT:"))
    }
  }
}

extension JSONObject {
  func optionalStringOrStrings(_ key: String) throws -> [String] {
    if case .array = self[key] { return try strings(key) }
    return [try string(key)]
  }
}
