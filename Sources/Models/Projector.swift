internal import StrictJSON
internal import Tensors

/// Linear layers with an activation between them, from a tower's rows to the decoder's.
struct Projector: Sendable {
  private let layers: [Linear]
  private let activation: Activation

  /// - Parameters:
  ///   - names: The names of the layers.
  ///   - inner: The width between them; the decoder's if nil.
  init(
    _ names: [String], inputs: Int, inner: Int? = nil, outputs: Int, bias: Bool = true,
    activation: Activation = .gelu,
    from source: any ParameterSource
  ) {
    self.activation = activation
    layers = names.enumerated().map { index, name in
      Linear(
        name, inputs: index == 0 ? inputs : inner ?? outputs,
        outputs: index == names.count - 1 ? outputs : inner ?? outputs, bias: bias, from: source,
        deviation: 0.02)
    }
  }

  /// LLaVA's `mm_projector_type`: `linear`, or `mlpNx_gelu` with N layers.
  static func names(_ json: JSONObject) throws -> [String] {
    let type = try json.optionalString("mm_projector_type") ?? "linear"
    if type == "linear" { return ["model.mm_projector"] }
    guard type.hasPrefix("mlp"), type.hasSuffix("x_gelu"), let depth = Int(type.dropFirst(3).dropLast(6)),
      (1...8).contains(depth)
    else {
      throw json.error(
        at: "mm_projector_type", "the projector \(type) is not supported; linear and mlp2x_gelu are")
    }
    return (0..<depth).map { "model.mm_projector.\(2 * $0)" }
  }

  var parameters: [Parameter] { layers.flatMap(\.parameters) }

  func callAsFunction(_ rows: Value, _ tape: Tape) -> Value {
    layers.enumerated().reduce(rows) { rows, layer in
      let isLast = layer.offset == layers.count - 1
      return tape.linear(rows, layer.element.map, activation: isLast ? nil : activation)
    }
  }
}
