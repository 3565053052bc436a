internal import Tensors

/// The second half of a decoder's layer: a gated MLP behind a norm and beside a residual.
struct GatedMLP: Sendable {
  let norm: RMSNorm
  /// The norm of what is added; nil where there is none.
  let outputNorm: RMSNorm?
  private let gate, up, down: Linear
  private let activation: Activation

  init(_ name: String, _ configuration: DecoderConfiguration, from source: any ParameterSource) {
    let (parts, width) = (configuration.kind.layerParts, configuration.hiddenSize)
    func linear(_ part: String, _ inputs: Int, _ outputs: Int, isLast: Bool = false) -> Linear {
      Linear(
        "\(name).\(part)", inputs: inputs, outputs: outputs, bias: configuration.mlpBias, from: source,
        deviation: configuration.deviation(isLast: isLast), role: .projection)
    }
    norm = configuration.norm("\(name).\(parts.mlpNorm)", from: source)
    gate = linear(parts.mlp.gate, width, configuration.intermediateSize)
    up = linear(parts.mlp.up, width, configuration.intermediateSize)
    down = linear(parts.mlp.down, configuration.intermediateSize, width, isLast: true)
    outputNorm = parts.outputNorm.map { configuration.norm("\(name).\($0)", from: source) }
    activation = configuration.gate
  }

  /// Without the norms.
  var layers: [Linear] { [gate, up, down] }

  /// Doubles what is added: by the last matrix or, where a norm would take that back, by the norm.
  func double() {
    guard let norm = outputNorm else { return down.weight.double() }
    let (weight, offset) = (norm.weight, norm.offset)
    let doubled = weight.tensor.floats().map { 2 * ($0 + offset) - offset }
    weight.tensor = Tensor(doubled, shape: weight.shape).converted(to: weight.tensor.dtype)
  }

  /// - Parameter factors: On what is added, one per row.
  /// - Shape: rows `[n, width]`, factors `[n]` → as rows
  func callAsFunction(_ rows: Value, factors: Value? = nil, _ tape: Tape) -> Value {
    let inner = tape.gatedLinear(norm(rows, tape), gate: gate.map, up: up.map, by: activation)
    guard let outputNorm else { return tape.linear(inner, down.map, factors: factors, addedTo: rows) }
    let change = outputNorm(down(inner, tape), tape)
    return tape.add(rows, factors.map { tape.scaleRows(change, by: $0) } ?? change)
  }
}
