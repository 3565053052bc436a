public import Models
public import StrictJSON

/// The `mod` object of config.json: which layers are routed, and by which rules.
///
/// The first group of keys is the official code's; an object that has only these gets the official rules. Keys of our
/// own stand beside them, so that an official checkpoint loads unchanged and ours says what it needs.
public struct RoutingConfiguration: Sendable, Equatable {
  /// Which rows of a prompt a routed layer runs; p is the router's keep probability.
  public enum Prefill: Sendable, Equatable {
    /// Rows with p > threshold, text as well as image (official: 0.005).
    case threshold(Float)
    /// Image rows with p > threshold, and all text.
    case imageThreshold(Float)
    /// All but this share of the image rows of each sequence, those with the smallest p, and all text.
    case imageSkip(Double)
  }

  /// Whether a routed layer runs a generated token.
  public enum Decode: Sendable, Equatable {
    /// If p ≥ threshold (official: 0.5).
    case threshold(Float)
    case always
  }

  /// The rows that training never skips (masked routing learning).
  public enum Protection: String, Sendable, CaseIterable {
    case nothing = "none"
    case question
    case questionAndAnswer = "question+answer"
  }

  /// Routed layers, ascending.
  public var layers: [Int]
  /// How the layers were chosen; a label.
  public var mode: String
  /// The share of routable rows that training skips.
  public var capacityFactor: Double
  /// The factor on the sum of router losses.
  public var routerLossCoefficient: Double
  public var prefill: Prefill
  public var decode: Decode
  public var positions: LayerPlan.Positions
  public var protection: Protection

  /// The released code that a checkpoint was trained with; its two parts differ in how they generate.
  public enum Release: Sendable, Equatable {
    case llavaHR
    /// Generated tokens always run, at their place in the sequence.
    case miniGemini

    /// - Parameter modelType: `model_type` of the checkpoint's configuration.
    init(modelType: String?) { self = modelType == "mod_mgm" ? .miniGemini : .llavaHR }
  }

  /// The official rules for some layers.
  public init(
    layers: [Int], mode: String = "custom", capacityFactor: Double = 0.5, release: Release = .llavaHR
  ) {
    self.layers = layers.sorted()
    self.mode = mode
    self.capacityFactor = capacityFactor
    routerLossCoefficient = 0.01
    prefill = .threshold(0.005)
    decode = release == .llavaHR ? .threshold(0.5) : .always
    positions = release == .llavaHR ? .compact : .promptCompact
    protection = .questionAndAnswer
  }

  /// - Parameters:
  ///   - json: The `mod` object.
  ///   - release: Whose rules hold where the object does not say otherwise.
  /// - Returns: Nil if it says that routing is off.
  /// - Throws: If a key has the wrong type or a value that makes no sense.
  public init?(_ json: JSONObject, layerCount: Int, release: Release = .llavaHR) throws {
    guard try json.optionalBool("mod_enable") ?? true else { return nil }
    let layers = try json.ints("mod_layers_idx")
    guard Set(layers).count == layers.count, layers.allSatisfy({ (0..<layerCount).contains($0) }) else {
      throw json.error(at: "mod_layers_idx", "each index must be below \(layerCount) and appear once")
    }
    self.init(
      layers: layers, capacityFactor: try json.optionalDouble("capacity_factor") ?? 0.5, release: release)
    // The official evaluation code overwrites this string with the value true.
    if case .string(let name)? = json["mod_mode"] { mode = name }
    routerLossCoefficient = try json.optionalDouble("router_aux_loss_coef") ?? 0.01
    guard (0...1).contains(capacityFactor), routerLossCoefficient >= 0 else {
      throw json.error(
        at: "capacity_factor", "it must be between 0 and 1, and router_aux_loss_coef not negative")
    }
    if let skip = try json.optionalDouble("prefill_image_skip") {
      guard (0...1).contains(skip) else {
        throw json.error(at: "prefill_image_skip", "a share between 0 and 1 is needed")
      }
      prefill = .imageSkip(skip)
    } else if let threshold = try json.optionalDouble("prefill_image_threshold") {
      prefill = .imageThreshold(Float(threshold))
    } else if let threshold = try json.optionalDouble("prefill_threshold") {
      prefill = .threshold(Float(threshold))
    }
    if let threshold = try json.optionalDouble("decode_threshold") {
      decode = threshold <= 0 ? .always : .threshold(Float(threshold))
    }
    positions = try Self.choice(json, "routed_positions") ?? positions
    protection = try Self.choice(json, "protect") ?? protection
  }

  private static func choice<Choice: RawRepresentable & CaseIterable>(_ json: JSONObject, _ key: String)
    throws -> Choice?
  where Choice.RawValue == String {
    guard let name = try json.optionalString(key) else { return nil }
    guard let choice = Choice(rawValue: name) else {
      throw json.error(
        at: key, "\"\(name)\" is none of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return choice
  }

  /// The object that `init(_:layerCount:)` reads back as this value.
  public var json: JSONObject {
    var members: [(String, JSONValue)] = [
      ("mod_enable", true), ("mod_mode", .string(mode)),
      ("mod_layers_idx", .array(layers.map { JSONValue($0) })),
      ("capacity_factor", JSONValue(capacityFactor)),
      ("router_aux_loss_coef", JSONValue(routerLossCoefficient)),
    ]
    switch prefill {
    case .threshold(let value): members.append(("prefill_threshold", JSONValue(Self.decimal(value))))
    case .imageThreshold(let value):
      members.append(("prefill_image_threshold", JSONValue(Self.decimal(value))))
    case .imageSkip(let share): members.append(("prefill_image_skip", JSONValue(share)))
    }
    switch decode {
    case .threshold(let value): members.append(("decode_threshold", JSONValue(Self.decimal(value))))
    case .always: members.append(("decode_threshold", JSONValue(0.0)))
    }
    members.append(("routed_positions", .string(positions.rawValue)))
    members.append(("protect", .string(protection.rawValue)))
    return JSONObject(members)
  }

  /// The shortest decimal that is this float, so that 0.005 is written as 0.005.
  private static func decimal(_ value: Float) -> Double { Double("\(value)") ?? Double(value) }
}
