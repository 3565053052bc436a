internal import Answering
internal import Benchmarks
internal import Evaluation
internal import Foundation
internal import Loading
internal import MixtureOfDepths
internal import Models
internal import PocketTraining
internal import StrictJSON
internal import Tensors
internal import Tokenization
internal import Training

/// Makes one row's model with one seed, and judges it.
struct RowRun {
  let study: Study
  let row: StudyRow
  let seed: Int
  let material: StudyMaterial
  /// Where models and training states lie while the study runs.
  let work: URL
  let shouldStop: @Sendable () -> Bool

  private var folder: URL { work.appending(path: "rows").appending(path: "\(row.name)-\(seed)") }

  /// - Returns: Nil if it was stopped.
  func record() throws -> RowRecord? {
    guard let (url, seconds, steps) = try trainedModel() else { return nil }
    let model = try GammaModel.load(url)
    var judgements: [RowRecord.Judgement] = []
    for rule in [.trained] + row.furtherRules {
      guard let judgement = try judge(model, from: url, by: rule) else { return nil }
      judgements.append(judgement)
    }
    return RowRecord(
      name: row.name, seed: seed, settings: study.settings(of: row, seed: seed),
      routedLayers: model.routing?.layers ?? [], steps: steps, trainingSeconds: seconds,
      judgements: judgements)
  }

  // MARK: Making

  /// The folder of the row's model, the processor time of its training and the steps of it; nil if it was stopped.
  private func trainedModel() throws -> (URL, seconds: Double, steps: Int)? {
    if let other = study.rows.first(where: { $0.name == row.modelOf }) {
      // It is made anew if its result is there and its model has been deleted.
      let run = RowRun(
        study: study, row: other, seed: seed, material: material, work: work, shouldStop: shouldStop)
      return try run.trainedModel().map { ($0.0, 0, 0) }
    }
    let start = try startingModel()
    guard let overrides = row.training else { return (start, 0, 0) }
    let output = folder.appending(path: "training")
    let run = try trainingRun(start: start, output: output, overrides)
    let clock = ThreadClock()
    if !FileManager.default.fileExists(atPath: output.appending(path: "model/manifest.json").path) {
      // What is left of a run whose model has been deleted.
      if !FileManager.default.fileExists(atPath: output.appending(path: "state").path) {
        try? FileManager.default.removeItem(at: output)
      }
      // One thread: rows are trained side by side instead, which takes less of the processors' time.
      try run.train(resume: true, threads: 1, shouldStop: shouldStop) { _ in }
    }
    guard FileManager.default.fileExists(atPath: output.appending(path: "model/manifest.json").path) else {
      return nil
    }
    try? FileManager.default.removeItem(at: output.appending(path: "state"))
    return (output.appending(path: "model"), clock.seconds, run.configuration.steps)
  }

  private func startingModel() throws -> URL {
    guard case .routed(let routed) = row.method else { return study.base }
    var conversion = ModelConversion()
    conversion.choice = routed.layers.choice(material.ranks, dense: study.denseLayers)
    conversion.skip = routed.skip
    conversion.positions = routed.positions
    conversion.protection = routed.protection
    conversion.routerSharing = routed.routers
    conversion.rowChoice = routed.choosesAtRandom ? .random(seed: seed) : .router
    conversion.seed = UInt64(seed)
    let url = folder.appending(path: "converted")
    _ = try conversion.convert(
      study.base, report: material.ranks,
      router: routed.startsFromAttention ? try attentionRouter(conversion) : nil, to: url,
      mayReplace: true)
    return url
  }

  private func attentionRouter(_ conversion: ModelConversion) throws -> Tensor {
    let session = try VisionLanguageSession(study.base, routing: .ignored, threads: 1)
    let layers = try conversion.routedLayers(material.ranks, of: session.model.decoder.configuration)
    return try SampleReader(session).attentionRouter(material.samples, routed: layers)
  }

  private func trainingRun(start: URL, output: URL, _ overrides: JSONObject) throws -> TrainingRun {
    var json = study.training
    for (key, value) in overrides { json[key] = value }
    json["stage"] = "instruct"
    json["model"] = JSONValue(start.path)
    json["tokenizer"] = JSONValue(study.base.path)
    json["output"] = JSONValue(output.path)
    json["seed"] = JSONValue(seed)
    json["world_seed"] = JSONValue(seed)
    json["validation_pictures"] = 0
    return try TrainingRun(runFile: json)
  }

  // MARK: Judging

  private func judge(_ model: VisionLanguageModel, from url: URL, by rule: AnsweringRule) throws
    -> RowRecord.Judgement?
  {
    var judged = model
    var threshold: Float?
    if let routing = model.routing {
      let own = trainedRule(routing)
      judged = model.routed(by: own)
      if rule == .calibrated {
        let calibration = ThresholdCalibration()
        _ = try SampleReader(session(judged, url)).read(material.samples, observer: calibration)
        threshold = calibration.threshold(skip: routing.capacityFactor)
      }
      judged = model.routed(by: rule.configuration(own, threshold: threshold))
    } else if case .pruned(let layers, let skip) = row.method {
      judged = try model.pruned(afterLayers: layers, skip: skip)
    }
    let session = try session(judged, url)
    var scores: [(String, Double)] = []
    for benchmark in material.judging[seed] ?? [] {
      let run = EvaluationRun(EvaluationRun.Options())
      let items = try run.items(benchmark)
      let answers = try run.answers(
        items, of: benchmark.benchmark, sessions: [session], isCancelled: shouldStop)
      guard answers.records.count == items.count else { return nil }
      scores.append((benchmark.benchmark.rawValue, try benchmark.score(answers).score))
    }
    let trace = RoutingTrace(judged.decoder)
    _ = try SampleReader(session).read(material.probes, observer: trace)
    let skips = trace.total.layers.enumerated().map { index, layer -> (image: Double, text: Double) in
      if case .pruned(let dense, let skip) = row.method { return (index < dense ? 0 : skip, 0) }
      let (rows, run) = (layer.rows - layer.imageRows, layer.run - layer.imageRowsRun)
      return (Self.missing(layer.imageRowsRun, of: layer.imageRows), Self.missing(run, of: rows))
    }
    return RowRecord.Judgement(
      rule: rule, threshold: threshold, scores: scores, imageSkip: skips.map(\.image),
      textSkip: skips.map(\.text), flops: Double(trace.total.flops) / Double(material.probes.count))
  }

  private static func missing(_ part: Int, of all: Int) -> Double {
    all > 0 ? 1 - Double(part) / Double(all) : 0
  }

  /// The rule that matches what training skipped: without protection a share of all rows of a prompt, and generated
  /// rows by the official rule where answers were not protected.
  private func trainedRule(_ stored: RoutingConfiguration) -> RoutingConfiguration {
    var result = stored
    result.prefill =
      stored.protection == .nothing ? .skip(stored.capacityFactor) : .imageSkip(stored.capacityFactor)
    result.decode = stored.protection == .questionAndAnswer ? .always : .threshold(0.5)
    return result
  }

  private func session(_ model: VisionLanguageModel, _ url: URL) throws -> VisionLanguageSession {
    VisionLanguageSession(
      model: model, tokenizer: try TokenizerFolder.load(url),
      template: model.template,
      backend: Backend(), imageProcessor: try model.imageProcessor())
  }
}

/// Processor time of the thread that asks.
private struct ThreadClock {
  private let start = ThreadClock.now

  private static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  var seconds: Double { Self.now - start }
}
