internal import Foundation
internal import StrictJSON
internal import Tensors

/// How a decoder turns positions into angles: `rope_parameters`, or `rope_theta` and `rope_scaling` in older files.
package struct RotaryConfiguration: Sendable, Equatable {
  package var headWidth: Int
  package var theta: Double
  package var scaling: RotaryScaling
  /// For each pair of a head whether it turns by time (0), row (1) or column (2); nil where a position is one number.
  package var axes: [Int]?

  /// Where the files of a family differ from the usual ones.
  struct Habits {
    var theta = 10000.0
    /// The key beside `rope_parameters`.
    var thetaKey = "rope_theta"
    /// The layers whose entry of `rope_parameters` is read, where it has one for each kind of layers.
    var layers: String?
    /// Whether `rope_scaling` is meant for these layers.
    var readsScaling = true
    /// The pairs that turn by time, row and column where the file does not say; nil where positions are one number.
    var sections: [Int]?
    /// Whether the axes take turns from pair to pair (Qwen3-VL) and do not lie in one piece each.
    var interleaves = false
  }

  init(_ json: JSONObject, headWidth: Int, _ habits: Habits = Habits()) throws {
    self.headWidth = headWidth
    let outer = try json.optionalObject("rope_parameters")
    var parameters = outer
    if let layers = habits.layers { parameters = try outer?.optionalObject(layers) }
    theta =
      try parameters?.optionalDouble("rope_theta") ?? json.optionalDouble(habits.thetaKey) ?? habits.theta
    // The first releases of LLaMA code did not read the key; what was trained with them means 10000.
    if let version = try json.optionalString("transformers_version"), Self.ignoresTheta(version) {
      theta = 10000
    }
    scaling = .none
    axes = nil
    guard theta > 1, theta.isFinite else {
      throw json.error(at: habits.thetaKey, "it must be greater than 1, not \(theta)")
    }
    let object = try parameters ?? (habits.readsScaling ? json.optionalObject("rope_scaling") : nil)
    if let object {
      guard try object.optionalDouble("partial_rotary_factor") ?? 1 == 1 else {
        throw object.error(at: "partial_rotary_factor", "heads that turn in part are not supported")
      }
      scaling = try RotaryScaling(
        object, model: json, headWidth: headWidth, truncates: (outer ?? object).optionalBool("truncate"))
    }
    guard let sections = try object?.optionalInts("mrope_section") ?? habits.sections else { return }
    guard sections.count == 3, sections.allSatisfy({ (0...headWidth).contains($0) }),
      sections.reduce(0, +) == headWidth / 2
    else {
      throw (object ?? json).error(
        at: "mrope_section",
        "\(sections) must be three counts that fill the \(headWidth / 2) pairs of a head")
    }
    axes = RotaryTable.axes(sections: sections)
    if habits.interleaves {
      // Row and column have every third pair from the second and third on, as often as their section says; time has the rest.
      axes = (0..<headWidth / 2).map { $0 % 3 > 0 && $0 < 3 * sections[$0 % 3] ? $0 % 3 : 0 }
    }
  }

  /// The angles that positions up to `positions` are turned by.
  func table(positions: Int) -> RotaryTable {
    RotaryTable(
      frequencies: scaling.frequencies(headWidth: headWidth, theta: theta), positions: positions,
      factor: Float(scaling.attentionFactor))
  }

  /// transformers reads `rope_theta` of LLaMA models since 4.33.
  private static func ignoresTheta(_ version: String) -> Bool {
    let parts = version.split(separator: ".").prefix(2).map { Int($0) ?? Int.max }
    return parts.count == 2 && (parts[0] < 4 || parts[0] == 4 && parts[1] < 33)
  }
}

extension RotaryScaling {
  /// - Parameters:
  ///   - json: The object that names the kind.
  ///   - model: The configuration that it stands in.
  ///   - truncates: What stands in front of the objects of kinds of layers.
  fileprivate init(_ json: JSONObject, model: JSONObject, headWidth: Int, truncates: Bool?) throws {
    let kind = try json.optionalString("rope_type") ?? json.optionalString("type") ?? "default"
    func positive(_ key: String, or usual: Double? = nil) throws -> Double {
      let value = try usual.flatMap { try json.optionalDouble(key) ?? $0 } ?? json.double(key)
      guard value > 0, value.isFinite else {
        throw json.error(at: key, "it must be positive, not \(value)")
      }
      return value
    }
    /// The length of the sequences that the model learnt from first.
    func context() throws -> (length: Double, ratio: Double) {
      let key = "original_max_position_embeddings"
      let whole = try model.optionalDouble("max_position_embeddings")
      let length = try model.optionalDouble(key) ?? json.optionalDouble(key) ?? whole
      guard let length, length > 1, length < 1e9 else {
        throw json.error(at: key, "a length of at least 2 is needed")
      }
      return (length, (whole ?? length) / length)
    }
    switch kind {
    case "default", "mrope": self = .none
    case "linear": self = .linear(factor: try positive("factor"))
    case "llama3":
      self = .llama3(
        factor: try positive("factor"), low: try positive("low_freq_factor"),
        high: try positive("high_freq_factor"), context: try context().length)
    case "dynamic":
      guard headWidth > 2 else { throw json.error(at: "rope_type", "heads of width 2 cannot be dynamic") }
      let whole = try model.optionalDouble("max_position_embeddings") ?? 2048
      self = .dynamic(factor: try positive("factor"), context: max(1, whole))
    case "yarn":
      let (length, ratio) = try context()
      let factor = try positive("factor", or: ratio)
      var yarn = Yarn(factor: factor, context: length, attention: 1)
      yarn.attention = try positive(
        "attention_factor",
        or: Yarn.attention(
          factor: factor, scale: json.optionalDouble("mscale"),
          whole: json.optionalDouble("mscale_all_dim")))
      if let fast = try json.optionalDouble("beta_fast"), fast != 0 { yarn.fast = fast }
      if let slow = try json.optionalDouble("beta_slow"), slow != 0 { yarn.slow = slow }
      guard yarn.fast > 0, yarn.slow > 0 else {
        throw json.error(at: "beta_fast", "it and beta_slow must be positive")
      }
      yarn.truncates = truncates ?? true
      self = .yarn(yarn)
    case "longrope":
      let (length, ratio) = try context()
      let factor = try positive("factor", or: ratio)
      self = .longrope(
        short: try Self.factors(json, "short_factor", headWidth),
        long: try Self.factors(json, "long_factor", headWidth), context: length,
        attention: try positive(
          "attention_factor", or: factor <= 1 ? 1 : (1 + log(factor) / log(length)).squareRoot()))
    default:
      throw json.error(
        at: "rope_type",
        "rotary embeddings of type \(kind) are not supported; default, linear, dynamic, yarn, longrope, llama3 and mrope are"
      )
    }
  }

  private static func factors(_ json: JSONObject, _ key: String, _ headWidth: Int) throws -> [Double] {
    let factors = try json.array(key).map(\.double)
    let numbers = factors.compactMap { $0 }
    guard numbers.count == headWidth / 2, factors.count == numbers.count,
      numbers.allSatisfy({ $0 > 0 && $0.isFinite })
    else { throw json.error(at: key, "\(headWidth / 2) positive factors are needed, one for each frequency") }
    return numbers
  }
}
