package import Foundation
package import StrictJSON

/// ARank of every layer of a model over some samples: what `gamma-mod arank` measures and conversion reads.
package struct ARankReport: Sendable, Equatable {
  /// What happens to an attention map before its rank is taken.
  package enum Variant: String, Sendable, CaseIterable {
    /// Nothing.
    case plain
    /// Its diagonal is set to zero, as in γ-MoD's released code.
    case strictLower = "strict_lower"
  }

  /// The folder or name of the model that was measured.
  package var model: String
  /// Where the samples came from.
  package var data: String
  package var samples: Int
  /// Rows of an attention map, in the mean; ranks grow with it, so that only equal data compare.
  package var meanTokens: Double
  /// Mean rank over heads and samples, one per layer.
  package var plain: [Double]
  package var strictLower: [Double]

  /// The rule by which a singular value counts.
  package static let tolerance =
    "max(rows, columns) * 2^-23 * largest singular value (torch.linalg.matrix_rank in float32)"

  package init(
    model: String, data: String, samples: Int, meanTokens: Double, plain: [Double], strictLower: [Double]
  ) {
    self.model = model
    self.data = data
    self.samples = samples
    self.meanTokens = meanTokens
    self.plain = plain
    self.strictLower = strictLower
  }

  package var layerCount: Int { plain.count }

  package func values(_ variant: Variant) -> [Double] {
    switch variant {
    case .plain: plain
    case .strictLower: strictLower
    }
  }

  /// The layers from the highest ARank to the lowest, of equals the lower index first; the first ones stay dense.
  package func order(by variant: Variant = .strictLower) -> [Int] {
    let values = values(variant)
    return values.indices.sorted { (values[$1], $0) < (values[$0], $1) }
  }
}

extension ARankReport {
  /// - Throws: `JSONError` if the file cannot be read or is no such report.
  package init(contentsOf url: URL) throws {
    try self.init(JSONObject.read(contentsOf: url))
  }

  /// - Throws: `JSONError` that names the key at fault.
  package init(_ json: JSONObject) throws {
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

  package var json: JSONObject {
    JSONObject([
      ("model", JSONValue(model)), ("data", JSONValue(data)), ("samples", JSONValue(samples)),
      ("mean_tokens", JSONValue(meanTokens)), ("tolerance", JSONValue(Self.tolerance)),
      ("variants", JSONValue(Variant.allCases.map(\.rawValue))),
      ("arank", .object(JSONObject(Variant.allCases.map { ($0.rawValue, JSONValue(values($0))) }))),
      ("suggested_order", JSONValue(order())),
    ])
  }
}
