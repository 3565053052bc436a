internal import Models
package import StrictJSON

extension RoutingConfiguration {
  /// - Parameters:
  ///   - json: The `mod` object.
  ///   - release: Whose rules hold where the object does not say otherwise.
  /// - Returns: Nil if it says that routing is off.
  /// - Throws: If a key has the wrong type or a value that makes no sense.
  package init?(_ json: JSONObject, layerCount: Int, release: Release = .llavaHR) throws {
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
    if let skip = try Self.share(json, "prefill_image_skip") {
      prefill = .imageSkip(skip)
    } else if let skip = try Self.share(json, "prefill_skip") {
      prefill = .skip(skip)
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
    routerSharing = try Self.choice(json, "router_sharing") ?? routerSharing
    isUntuned = try json.optionalBool("untuned") ?? false
    if let seed = try json.optionalInt("random_choice_seed") { rowChoice = .random(seed: seed) }
    if let shares = try json.optionalDoubles("skip_by_layer") {
      guard shares.count == layers.count, shares.allSatisfy({ (0...1).contains($0) }) else {
        throw json.error(
          at: "skip_by_layer", "a share between 0 and 1 is needed for each of mod_layers_idx, in its order")
      }
      // Shares belong to the layers as they are listed.
      skipByLayer = zip(layers, shares).sorted { $0.0 < $1.0 }.map(\.1)
    }
  }

  private static func share(_ json: JSONObject, _ key: String) throws -> Double? {
    guard let share = try json.optionalDouble(key) else { return nil }
    guard (0...1).contains(share) else { throw json.error(at: key, "a share between 0 and 1 is needed") }
    return share
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
  package var json: JSONObject {
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
    case .skip(let share): members.append(("prefill_skip", JSONValue(share)))
    }
    switch decode {
    case .threshold(let value): members.append(("decode_threshold", JSONValue(Self.decimal(value))))
    case .always: members.append(("decode_threshold", JSONValue(0.0)))
    }
    members.append(("routed_positions", .string(positions.rawValue)))
    members.append(("protect", .string(protection.rawValue)))
    if routerSharing != .shared { members.append(("router_sharing", .string(routerSharing.rawValue))) }
    if case .random(let seed) = rowChoice { members.append(("random_choice_seed", JSONValue(seed))) }
    if let skipByLayer { members.append(("skip_by_layer", .array(skipByLayer.map { JSONValue($0) }))) }
    if isUntuned { members.append(("untuned", true)) }
    return JSONObject(members)
  }

  /// The shortest decimal that is this float, so that 0.005 is written as 0.005.
  private static func decimal(_ value: Float) -> Double { Double("\(value)") ?? Double(value) }
}
