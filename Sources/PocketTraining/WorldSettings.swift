internal import PocketWorld
internal import StrictJSON
internal import Training

/// What is drawn of the pocket world, and what is asked about it.
struct WorldSettings: Sendable {
  let seed: UInt64
  /// How often each kind of question is drawn for a picture; the same question is asked once.
  var rounds = 1
  /// How many times more than that some kinds are drawn.
  var extra: [QuestionKind: Int] = [:]
  /// The share of questions that are asked without the request for a short answer, as people ask.
  var bareShare = 0.0
  /// The most questions about one picture, chosen in turn; nil for all that were drawn.
  var mostQuestions: Int?
  /// Whether practice questions join those of the nine kinds.
  var practises = false

  static let keys = [
    "world_seed", "question_rounds", "extra_questions", "bare_questions", "questions_per_picture", "practice",
  ]

  /// What decides which questions are drawn, by the keys of a run file.
  var identity: [(String, JSONValue)] {
    let kinds = extra.sorted { $0.key.rawValue < $1.key.rawValue }
    return [
      ("world_seed", JSONValue(Int(truncatingIfNeeded: seed))), ("question_rounds", JSONValue(rounds)),
      ("extra_questions", .object(JSONObject(kinds.map { ($0.key.rawValue, JSONValue($0.value)) }))),
      ("bare_questions", JSONValue(bareShare)),
      ("questions_per_picture", mostQuestions.map { JSONValue($0) } ?? .null), ("practice", .bool(practises)),
    ]
  }

  /// The world's questions, each kind once.
  init(seed: UInt64) { self.seed = seed }

  init(_ json: JSONObject) throws(JSONError) {
    seed = UInt64(try json.count("world_seed", default: 1, from: 0))
    rounds = try json.count("question_rounds", default: 1, through: 1 << 16)
    if let kinds = try json.optionalObject("extra_questions") {
      for (name, _) in kinds {
        guard let kind = QuestionKind(rawValue: name) else {
          throw kinds.error(
            at: name, "it is none of \(QuestionKind.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        extra[kind] = try kinds.count(name, from: 0, through: 1 << 16)
      }
    }
    bareShare = try json.number("bare_questions", default: 0, in: 0...1)
    if json["questions_per_picture"] != nil { mostQuestions = try json.count("questions_per_picture") }
    practises = try json.optionalBool("practice") ?? false
  }
}
