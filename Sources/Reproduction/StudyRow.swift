internal import Foundation
internal import Loading
internal import MixtureOfDepths
internal import Models
internal import StrictJSON

/// One way to make a model, of those that a study compares.
package struct StudyRow: Sendable {
  enum Method: Sendable {
    case dense
    case routed(Routed)
    /// A dense model that drops image rows behind some layers by the last token's attention, as FastV does.
    case pruned(afterLayers: Int, skip: Double)
  }

  struct Routed: Sendable {
    let layers: Layers
    let skip: Double
    let positions: LayerPlan.Positions
    let protection: RoutingConfiguration.Protection
    let routers: RoutingConfiguration.RouterSharing
    let choosesAtRandom: Bool
    /// Whether the router starts from the attention that image rows receive, instead of at random.
    let startsFromAttention: Bool
  }

  enum Layers: Sendable, Equatable {
    case all, arank, cosine
    /// As `arank`, but it is the lowest that stay dense.
    case reversed
    case everySecond, twoOfThree
  }

  package let name: String
  let title: String
  let method: Method
  /// Keys of the run file in which the row differs; nil for a row that is not trained.
  let training: JSONObject?
  /// The row whose trained models this one takes instead of training.
  let modelOf: String?
  /// Rules besides the row's own by which its models are judged too.
  let furtherRules: [AnsweringRule]
  /// What the paper measured for its counterpart, in percent.
  let paper: (accuracy: Double, skip: Double)?
  /// What a stored result remembers of the row.
  let settings: JSONObject

  private static let keys = [
    "name", "title", "layers", "skip", "positions", "protect", "routers", "choice", "router_start",
    "prune_after",
    "model_of", "train", "further_rules", "paper",
  ]

  init(_ json: JSONObject) throws {
    name = try json.string("name")
    title = try json.string("title")
    if let unknown = json.keys.first(where: { !Self.keys.contains($0) }) {
      throw json.error(at: unknown, "this key is unknown; known are \(Self.keys.joined(separator: ", "))")
    }
    guard !name.isEmpty, name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }) else {
      throw json.error(at: "name", "it names files, so it is made of letters, digits and hyphens")
    }
    modelOf = try json.optionalString("model_of")
    if case .null? = json["train"] {
      training = nil
    } else {
      training = modelOf == nil ? try json.optionalObject("train") ?? JSONObject() : nil
    }
    furtherRules = try (json.optionalStrings("further_rules") ?? []).map { name in
      guard let rule = AnsweringRule(rawValue: name) else {
        let known = AnsweringRule.allCases.map(\.rawValue).joined(separator: ", ")
        throw json.error(at: "further_rules", "\"\(name)\" is none of \(known)")
      }
      return rule
    }
    let skip = try json.optionalDouble("skip") ?? 0
    guard (0...1).contains(skip) else { throw json.error(at: "skip", "a share between 0 and 1 is needed") }
    if let layers = try json.optionalInt("prune_after") {
      guard layers > 0 else { throw json.error(at: "prune_after", "a count of layers is needed") }
      method = .pruned(afterLayers: layers, skip: skip)
    } else if let layers: Layers = try Self.choice(
      json, "layers",
      [
        ("all", .all), ("arank", .arank), ("reversed", .reversed), ("every-second", .everySecond),
        ("two-of-three", .twoOfThree), ("cosine", .cosine),
      ])
    {
      func named<Choice: RawRepresentable<String> & CaseIterable>(_ key: String) throws -> Choice? {
        try Self.choice(json, key, Choice.allCases.map { ($0.rawValue, $0) })
      }
      method = .routed(
        Routed(
          layers: layers, skip: skip, positions: try named("positions") ?? .compact,
          protection: try named("protect") ?? .questionAndAnswer, routers: try named("routers") ?? .shared,
          choosesAtRandom: try Self.choice(json, "choice", [("router", false), ("random", true)]) ?? false,
          startsFromAttention: try Self.choice(
            json, "router_start", [("random", false), ("attention", true)]) ?? false))
    } else {
      method = .dense
    }
    if let numbers = try json.optionalDoubles("paper") {
      guard numbers.count == 2 else { throw json.error(at: "paper", "accuracy and skip are needed") }
      paper = (numbers[0], numbers[1])
    } else {
      paper = nil
    }
    let labels = ["title", "paper"]
    settings = JSONObject(json.filter { !labels.contains($0.key) }.map { ($0.key, $0.value) })
  }

  private static func choice<Choice>(
    _ json: JSONObject, _ key: String, _ choices: [(String, Choice)]
  ) throws -> Choice? {
    guard let name = try json.optionalString(key) else { return nil }
    guard let choice = choices.first(where: { $0.0 == name }) else {
      let known = choices.map(\.0).joined(separator: ", ")
      throw json.error(at: key, "\"\(name)\" is none of \(known)")
    }
    return choice.1
  }
}

extension StudyRow.Layers {
  /// What conversion is told.
  func choice(_ report: ARankReport, dense: Int) -> ModelConversion.LayerChoice {
    let all = Array(0..<report.layerCount)
    return switch self {
    case .all: .listed(all)
    case .arank: .allButHighest(dense)
    case .reversed: .listed(Array(report.order().dropLast(dense)))
    case .everySecond: .listed(all.filter { $0 % 2 == 1 })
    case .twoOfThree: .listed(all.filter { $0 % 3 != 0 })
    case .cosine: .cosine
    }
  }
}
