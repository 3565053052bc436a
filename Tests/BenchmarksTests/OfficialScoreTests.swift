import Foundation
import StrictJSON
import Testing

@testable import Benchmarks

/// Scores equal those of the official scripts on the same files.
@Suite struct OfficialScoreTests {
  @Test func textVQA() throws {
    let score = try Fixtures.score(.textvqa, "textvqa/answers/synthetic.jsonl")
    let expected = try Fixtures.object("textvqa/expected.json")
    #expect(isClose(score.score, try expected.double("accuracy")))
    for (ours, theirs) in zip(
      try score.details.objects("per_question"), try expected.objects("per_question"))
    {
      #expect(try ours.int("question_id") == theirs.int("question_id"))
      #expect(try ours.string("processed") == theirs.string("processed"))
      #expect(isClose(try ours.double("score"), try theirs.double("score")))
    }
  }

  @Test func vqav2() throws {
    for (answers, key) in [
      ("answers/llava_vqav2_mscoco_test-dev2015/synthetic/merge.jsonl", "accuracy_submission"),
      ("answers_upload/llava_vqav2_mscoco_test-dev2015/synthetic.json", "accuracy_submission"),
      ("results_raw.json", "accuracy_raw"),
    ] {
      let score = try Fixtures.score(.vqav2, "vqav2/" + answers)
      let expected = try Fixtures.object("vqav2/expected.json").object(key)
      #expect(score.score == (try expected.double("overall")))
      for group in ["perQuestionType", "perAnswerType"] {
        for (name, value) in try expected.object(group) {
          #expect(try score.number(group, name) == value.double)
        }
      }
      for (id, value) in try expected.object("per_question") {
        #expect(try score.number("per_question", id) == value.double, "\(answers) \(id)")
      }
    }
  }

  @Test func gqa() throws {
    let expected = try Fixtures.object("gqa/expected.json").object("scores")
    for answers in [
      "answers/llava_gqa_testdev_balanced/synthetic/merge.jsonl", "data/testdev_balanced_predictions.json",
    ] {
      let score = try Fixtures.score(.gqa, "gqa/" + answers)
      #expect(isClose(score.score, try expected.double("accuracy")))
      for key in ["binary", "open", "distribution"] {
        #expect(isClose(try score.number(key), try expected.double(key)), "\(key)")
      }
      for group in [
        "accuracyPerStructuralType", "accuracyPerSemanticType", "accuracyPerLength", "accuracyPerSteps",
      ] {
        for (name, value) in try expected.object(group) {
          #expect(isClose(try score.number(group, name, "accuracy"), try #require(value.array?[0].double)))
        }
      }
    }
  }

  @Test(arguments: [(ScoringProtocol.gammaMoD, "gamma_mod"), (.llava, "mgm_and_llava")])
  func scienceQA(rules: ScoringProtocol, key: String) throws {
    let score = try Fixtures.score(.scienceqa, "scienceqa/answers/synthetic.jsonl", rules: rules)
    let expected = try Fixtures.object("scienceqa/expected.json").object(key)
    #expect(try expected.string("stdout").contains(String(format: "IMG-Accuracy: %.2f%%", score.score)))
    let results = try expected.object("result")
    #expect(isClose(try score.number("accuracy"), try results.double("acc")))
    #expect(try score.details.int("correct") == results.int("correct"))
    #expect(try score.details.int("total") == results.int("count"))
    #expect(
      try score.details.object("outputs").sorted { $0.key < $1.key }.map(\.value)
        == results.object("outputs").sorted { $0.key < $1.key }.map(\.value))
    for (id, letter) in try expected.object("parsed") {
      let text = try #require(results.object("outputs")[id]?.string)
      #expect(
        ScoringTask.letter(inScienceQAAnswer: text, rules) ?? "FAILED" == letter.string, "question \(id)")
    }
    for (id, value) in try results.object("results") {
      #expect(try score.details.object("results").int(id) == value.int, "question \(id)")
    }
  }

  @Test func pope() throws {
    let score = try Fixtures.score(.pope, "pope/answers/synthetic.jsonl")
    let expected = try Fixtures.object("pope/expected.json")
    #expect(isClose(score.score, try expected.double("mean_f1") * 100))
    #expect(score.count == 180)
    for (category, value) in try expected.object("categories") {
      for (key, number) in try #require(value.object) {
        guard let expected = number.double else { continue }
        #expect(isClose(try score.number("categories", category, key), expected), "\(category) \(key)")
      }
    }
    for probe in try expected.array("parse_table") {
      let pair = try #require(probe.array)
      let answer = try #require(pair[0].string)
      #expect(ScoringTask.isYes(popeAnswer: answer) == (pair[1].string == "yes"), "\(answer)")
    }
  }

  @Test func mme() throws {
    let score = try Fixtures.score(.mme, "mme/answers/synthetic.jsonl")
    let expected = try Fixtures.object("mme/expected.json")
    #expect(isClose(score.score, try expected.double("total") / 2800 * 100))
    for key in ["perception", "cognition"] {
      #expect(isClose(try score.number(key), try expected.double(key)))
    }
    for (task, value) in try expected.object("tasks") {
      #expect(isClose(try score.number("tasks", task), try #require(value.double)), "\(task)")
    }
    for probe in try expected.array("parse_table") {
      let pair = try #require(probe.array)
      let answer = try #require(pair[0].string)
      let parsed = ScoringTask.yesOrNo(answer).map { $0 ? "yes" : "no" } ?? "other"
      #expect(parsed == pair[1].string, "\(answer)")
    }
  }

  @Test(arguments: [(ScoringProtocol.vlmevalkit, "vlmevalkit_head"), (.vlmevalkit2024, "vlmevalkit_2024")])
  func mmbench(rules: ScoringProtocol, key: String) throws {
    let score = try Fixtures.score(
      .mmbench, "mmbench/answers/mmbench_dev_20230712/synthetic.jsonl", rules: rules)
    let expected = try Fixtures.object("mmbench/expected.json").object("scoring").object(key)
    for (table, name) in [("circular_accuracy", "categories"), ("vanilla_accuracy", "vanilla_categories")] {
      for (category, value) in try expected.object(table) where category != "split" && category != "Overall" {
        let accuracy = try #require(value.double) * 100
        #expect(isClose(try score.number(name, category, "accuracy"), accuracy), "\(table) \(category)")
      }
    }
    for (question, hit) in try expected.object("circular_hit") {
      #expect(try score.details.object("circular_hit").int(question) == hit.int, "question \(question)")
    }
    #expect(isClose(score.score, try expected.object("circular_accuracy").double("Overall") * 100))
    #expect(
      isClose(
        try score.number("vanilla_accuracy"), try expected.object("vanilla_accuracy").double("Overall") * 100)
    )
    for (index, letter) in try expected.object("extracted") {
      #expect(try score.details.object("extracted").string(index) == letter.string, "row \(index)")
    }
  }

  @Test func mmbenchLettersAreReadAsOfficially() throws {
    let file = try Fixtures.object("mmbench/expected.json")
    for (key, version) in [("vlmevalkit_2024", MMBenchAnswer.Version.published), ("vlmevalkit_head", .head)] {
      let table = try file.object("can_infer_table").object(key)
      let choices = try table.object("choices").map { (letter: $0.key, text: $0.value.string ?? "") }
      for probe in try table.array("cases") {
        let pair = try #require(probe.array)
        let answer = try #require(pair[0].string)
        #expect(MMBenchAnswer.inferred(answer, choices, version) == pair[1].string, "\(key) \(answer)")
      }
    }
  }

  @Test(arguments: ["synthetic", "missing"]) func seedBench(answers: String) throws {
    let file = try Fixtures.object("seed_bench/expected.json")
    let expected =
      answers == "missing"
      ? try file.object("missing").string("stdout_of_scores") : try file.string("stdout")
    let score = try Fixtures.score(.seedBench, "seed_bench/answers/\(answers)/merge.jsonl")
    #expect(expected.contains(String(format: "Total accuracy: %.2f%%", score.score)))
    for medium in ["image", "video"] {
      let accuracy = try score.number("data_type", medium, "accuracy")
      #expect(expected.contains(String(format: "\(medium) accuracy: %.2f%%", accuracy)))
    }
    for (type, value) in try score.details.object("question_type") {
      let accuracy = try #require(value.object?["accuracy"]?.double)
      #expect(expected.contains(String(format: "\(type): %.2f%%", accuracy)))
    }
  }
}
