internal import Answering
internal import Benchmarks
internal import Evaluation
internal import Foundation
internal import Loading
internal import MixtureOfDepths
internal import Models
internal import PocketTraining
internal import PocketWorld
internal import Speed
internal import StrictJSON
internal import Tensors
internal import Training

/// What training and answering cost at several skip shares (the paper's table 4), all on one thread and in alternation.
///
/// Costs do not depend on what a model has learnt, since a fixed share of the image rows is skipped, so the models are
/// converted and not tuned.
struct CostStudy {
  struct Side {
    let skip: Double
    /// A training step of 8 pictures: all kinds of questions about each, and two questions about each.
    var manyQuestionsStep = 0.0
    var twoQuestionsStep = 0.0
    /// Questions answered one at a time, picture file to answer, a second.
    var answersPerSecond = 0.0
    /// The same, 16 side by side.
    var batchedAnswersPerSecond = 0.0
    /// Keys and values of a prompt, in bytes, and the decoder's operations over it.
    var cacheBytes = 0.0
    var promptFlops = 0.0
  }

  let sides: [Side]
  let foreignLoad: Double?

  /// The last one saves as much of the decoder's work as the paper's 51 % does.
  private static let skips = [0, 0.34, 0.51, 0.73]
  private static let rounds = 5

  private static func file(_ out: URL) -> URL { out.appending(path: "costs.json") }

  private static func settings(_ study: Study) -> JSONObject {
    JSONObject([
      ("base", JSONValue(study.base.relativePath)), ("dense_layers", JSONValue(study.denseLayers)),
      ("skips", JSONValue(Self.skips)),
    ])
  }

  /// What an earlier call has measured; nil if nothing of these settings.
  init?(_ study: Study, storedIn out: URL) throws {
    guard let json = try StoredResult.read(Self.file(out), settings: Self.settings(study)) else { return nil }
    sides = try json.objects("sides").map(Side.init)
    foreignLoad = try json.optionalDouble("foreign_load")
  }

  init(_ study: Study, out: URL, work: URL, report: (String) -> Void) throws {
    let load = ProcessorLoad()
    let models = try Self.models(study, work: work)
    let world = try StudyMaterial.world(work, .val, count: 16, seed: study.worldSeed)
    let items = try QuestionSamples.read(world, count: 144)
    var rounds: [[Side]] = Self.skips.map { _ in [] }
    // One round more than counts: the first warms up.
    for round in 0...Self.rounds {
      for (index, model) in models.enumerated() {
        var side = Side(skip: Self.skips[index])
        side.manyQuestionsStep = try Self.stepSeconds(study, model, questions: nil, work: work)
        side.twoQuestionsStep = try Self.stepSeconds(study, model, questions: 2, work: work)
        try Self.answer(items, model, into: &side)
        if round > 0 { rounds[index].append(side) }
      }
      report("costs: round \(round) of \(Self.rounds)")
    }
    sides = rounds.map(Self.median)
    foreignLoad = load.foreignShare()
    var json = JSONObject([
      ("settings", .object(Self.settings(study))), ("sides", .array(sides.map { .object($0.json) })),
    ])
    json["foreign_load"] = foreignLoad.map { JSONValue($0) }
    try StoredResult.write(json, to: Self.file(out))
  }

  /// The dense model and its conversions.
  private static func models(_ study: Study, work: URL) throws -> [URL] {
    let ranks = try StudyMaterial.ranks(
      study, samples: StudyMaterial.samples(study, .train, work: work), threads: 1)
    return try skips.map { skip in
      guard skip > 0 else { return study.base }
      var conversion = ModelConversion()
      conversion.choice = .allButHighest(study.denseLayers)
      conversion.skip = skip
      conversion.positions = .compact
      let url = work.appending(path: "costs").appending(path: "converted-\(Int(skip * 100))")
      _ = try conversion.convert(study.base, report: ranks, to: url, mayReplace: true)
      return url
    }
  }

  private static func stepSeconds(_ study: Study, _ model: URL, questions: Int?, work: URL) throws -> Double {
    let output = work.appending(path: "costs").appending(path: "training")
    try? FileManager.default.removeItem(at: output)
    defer { try? FileManager.default.removeItem(at: output) }
    let steps = 6
    var json = study.training
    json["stage"] = "instruct"
    json["model"] = JSONValue(model.path)
    json["tokenizer"] = JSONValue(study.base.path)
    json["output"] = JSONValue(output.path)
    json["steps"] = JSONValue(steps)
    json["log_every"] = JSONValue(steps)
    // Writing the state is no part of a step.
    json["checkpoint_every"] = JSONValue(steps + 1)
    json["validation_pictures"] = 0
    json["questions_per_picture"] = questions.map { JSONValue($0) }
    let time = try TrainingRun(runFile: json).train(resume: false, threads: 1) { _ in }
    return time / .seconds(1) / Double(steps)
  }

  private static func answer(_ items: [BenchmarkItem], _ url: URL, into side: inout Side) throws {
    let session = try VisionLanguageSession(url, threads: 1)
    let clock = ContinuousClock()
    for batch in [1, 16] {
      var options = EvaluationRun.Options()
      options.batch = batch
      let time = try clock.measure {
        _ = try EvaluationRun(options).answers(items, of: .vqav2, sessions: [session])
      }
      let speed = Double(items.count) / (time / .seconds(1))
      if batch == 1 { side.answersPerSecond = speed } else { side.batchedAnswersPerSecond = speed }
    }
    let trace = RoutingTrace(session.model.decoder)
    side.cacheBytes = try SampleReader(session).read(items, observer: trace).cacheBytes
    side.promptFlops = Double(trace.total.flops) / Double(items.count)
  }

  private static func median(_ sides: [Side]) -> Side {
    var result = sides[0]
    for path in [
      \Side.manyQuestionsStep, \.twoQuestionsStep, \.answersPerSecond, \.batchedAnswersPerSecond,
    ] as [WritableKeyPath<Side, Double>] {
      result[keyPath: path] = sides.map { $0[keyPath: path] }.sorted()[sides.count / 2]
    }
    return result
  }
}

extension CostStudy.Side {
  init(_ json: JSONObject) throws {
    skip = try json.double("skip")
    manyQuestionsStep = try json.double("step_many_questions_s")
    twoQuestionsStep = try json.double("step_two_questions_s")
    answersPerSecond = try json.double("answers_per_s")
    batchedAnswersPerSecond = try json.double("answers_per_s_batch_16")
    cacheBytes = try json.double("kv_bytes")
    promptFlops = try json.double("prompt_flops")
  }

  var json: JSONObject {
    JSONObject([
      ("skip", JSONValue(skip)), ("step_many_questions_s", JSONValue(manyQuestionsStep)),
      ("step_two_questions_s", JSONValue(twoQuestionsStep)), ("answers_per_s", JSONValue(answersPerSecond)),
      ("answers_per_s_batch_16", JSONValue(batchedAnswersPerSecond)), ("kv_bytes", JSONValue(cacheBytes)),
      ("prompt_flops", JSONValue(promptFlops)),
    ])
  }
}
