internal import Foundation
internal import StrictJSON

/// What one row came to with one seed.
struct RowRecord: Sendable {
  /// A model judged by one answering rule.
  struct Judgement: Sendable {
    let rule: AnsweringRule
    let threshold: Float?
    /// The official score of each benchmark, in percent.
    let scores: [(benchmark: String, score: Double)]
    /// The share of image rows and of text rows that each layer skips of a prompt.
    let imageSkip: [Double]
    let textSkip: [Double]
    /// Of the decoder over a prompt, in the mean.
    let flops: Double

    var mean: Double { scores.reduce(0) { $0 + $1.score } / Double(max(1, scores.count)) }
  }

  let name: String
  let seed: Int
  let settings: JSONObject
  /// Layers that are routed.
  let routedLayers: [Int]
  let steps: Int
  /// Processor time of the training.
  let trainingSeconds: Double
  let judgements: [Judgement]

  func judgement(_ rule: AnsweringRule = .trained) -> Judgement? { judgements.first { $0.rule == rule } }

  static func file(_ folder: URL, row: String, seed: Int) -> URL {
    folder.appending(path: "rows").appending(path: "\(row)-\(seed).json")
  }

  func write(to folder: URL) throws {
    try StoredResult.write(json, to: Self.file(folder, row: name, seed: seed))
  }

  /// A stored result with these settings; nil if there is none.
  static func read(_ folder: URL, row: String, seed: Int, settings: JSONObject) throws -> RowRecord? {
    try StoredResult.read(file(folder, row: row, seed: seed), settings: settings).map { try RowRecord($0) }
  }
}

extension RowRecord {
  init(_ json: JSONObject) throws {
    name = try json.string("row")
    seed = try json.int("seed")
    settings = try json.object("settings")
    routedLayers = try json.ints("routed_layers")
    steps = try json.int("steps")
    trainingSeconds = try json.double("training_s")
    judgements = try json.objects("judgements").map(Judgement.init)
    let layers = judgements.map(\.imageSkip.count)
    guard Set(layers).count <= 1, routedLayers.allSatisfy({ (0..<(layers.first ?? 0)).contains($0) }) else {
      throw json.error(at: "judgements", "all must tell of the same layers, which the routed ones are among")
    }
  }

  var json: JSONObject {
    JSONObject([
      ("row", JSONValue(name)), ("seed", JSONValue(seed)), ("routed_layers", JSONValue(routedLayers)),
      ("steps", JSONValue(steps)), ("training_s", JSONValue(trainingSeconds)),
      ("judgements", .array(judgements.map { .object($0.json) })), ("settings", .object(settings)),
    ])
  }
}

extension RowRecord.Judgement {
  init(_ json: JSONObject) throws {
    let name = try json.string("rule")
    guard let rule = AnsweringRule(rawValue: name) else {
      throw json.error(at: "rule", "\"\(name)\" is no rule")
    }
    self.rule = rule
    threshold = try json.optionalDouble("threshold").map { Float($0) }
    let scores = try json.object("scores")
    self.scores = try scores.keys.map { ($0, try scores.double($0)) }
    imageSkip = try json.doubles("image_skip")
    textSkip = try json.doubles("text_skip")
    flops = try json.double("prompt_flops")
    guard imageSkip.count == textSkip.count, (imageSkip + textSkip).allSatisfy({ (0...1).contains($0) }),
      (0...1e18).contains(flops), self.scores.allSatisfy({ (0...100).contains($0.score) })
    else {
      throw json.error(at: "rule", "its shares, scores or operations are out of range; delete the file")
    }
  }

  var json: JSONObject {
    var members: [(String, JSONValue)] = [("rule", JSONValue(rule.rawValue))]
    if let threshold { members.append(("threshold", JSONValue(threshold))) }
    return JSONObject(
      members + [
        ("mean", JSONValue(mean)),
        ("scores", .object(JSONObject(scores.map { ($0.benchmark, JSONValue($0.score)) }))),
        ("image_skip", JSONValue(imageSkip)), ("text_skip", JSONValue(textSkip)),
        ("prompt_flops", JSONValue(flops)),
      ])
  }
}
