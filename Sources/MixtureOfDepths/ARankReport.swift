public import Foundation
public import StrictJSON

/// ARank of every layer of a model over some samples: what `gamma-mod arank` measures and conversion reads.
public struct ARankReport: Sendable, Equatable {
  /// What happens to an attention map before its rank is taken.
  public enum Variant: String, Sendable, CaseIterable {
    /// Nothing.
    case plain
    /// Its diagonal is set to zero, as in γ-MoD's released code.
    case strictLower = "strict_lower"
  }

  /// The folder or name of the model that was measured.
  public var model: String
  /// Where the samples came from.
  public var data: String
  public var samples: Int
  /// Rows of an attention map, in the mean; ranks grow with it, so that only equal data compare.
  public var meanTokens: Double
  /// Mean rank over heads and samples, one per layer.
  public var plain: [Double]
  public var strictLower: [Double]

  /// The rule by which a singular value counts.
  public static let tolerance =
    "max(rows, columns) * 2^-23 * largest singular value (torch.linalg.matrix_rank in float32)"

  public init(
    model: String, data: String, samples: Int, meanTokens: Double, plain: [Double], strictLower: [Double]
  ) {
    self.model = model
    self.data = data
    self.samples = samples
    self.meanTokens = meanTokens
    self.plain = plain
    self.strictLower = strictLower
  }

  public var layerCount: Int { plain.count }

  public func values(_ variant: Variant) -> [Double] {
    switch variant {
    case .plain: plain
    case .strictLower: strictLower
    }
  }

  /// The layers from the highest ARank to the lowest, of equals the lower index first; the first ones stay dense.
  public func order(by variant: Variant = .strictLower) -> [Int] {
    let values = values(variant)
    return values.indices.sorted { (values[$1], $0) < (values[$0], $1) }
  }
}

extension ARankReport {
  /// - Throws: `JSONError` if the file cannot be read or is no such report.
  public init(contentsOf url: URL) throws {
    try self.init(JSONObject.read(contentsOf: url))
  }

  /// - Throws: `JSONError` that names the key at fault.
  public init(_ json: JSONObject) throws {
    let values = try json.object("arank")
    try self.init(
      model: json.string("model"), data: json.string("data"), samples: json.int("samples"),
      meanTokens: json.double("mean_tokens"), plain: values.doubles(Variant.plain.rawValue),
      strictLower: values.doubles(Variant.strictLower.rawValue))
    guard !plain.isEmpty, plain.count == strictLower.count else {
      throw json.error(
        at: "arank", "both variants must list every layer, not \(plain.count) and \(strictLower.count)")
    }
  }

  public var json: JSONObject {
    JSONObject([
      ("model", JSONValue(model)), ("data", JSONValue(data)), ("samples", JSONValue(samples)),
      ("mean_tokens", JSONValue(meanTokens)), ("tolerance", JSONValue(Self.tolerance)),
      ("variants", JSONValue(Variant.allCases.map(\.rawValue))),
      ("arank", .object(JSONObject(Variant.allCases.map { ($0.rawValue, JSONValue(values($0))) }))),
      ("suggested_order", JSONValue(order())),
    ])
  }
}
