package import Tensors

/// A layer that runs every row: attention and a gated MLP, each behind an RMSNorm and beside a residual, as in LLaMA and
/// the families that follow it.
package final class DenseLayer: DecoderLayer {
  package let index: Int
  /// The norm in front of the attention; also what a router looks at.
  package let inputNorm: RMSNorm
  private let query, key, value, output: Linear
  /// The norms of each head's query and key; nil where there are none.
  private let headNorms: (query: RMSNorm, key: RMSNorm)?
  /// The norm of what the attention adds; nil where there is none.
  private let attentionNorm: RMSNorm?
  private let mlp: GatedMLP
  private let heads: AttentionHeads
  private let rotary: RotaryTable
  private let rotaryAxes: [Int]?
  private let window: Int?
  private let picturesSeeThemselves: Bool

  init(
    index: Int, name: String, _ configuration: DecoderConfiguration, rotary: RotaryTable,
    from source: any ParameterSource
  ) {
    self.index = index
    self.rotary = rotary
    rotaryAxes = configuration.rope.axes
    window = configuration.windows[index]
    picturesSeeThemselves = configuration.picturesSeeThemselves
    let (width, parts) = (configuration.hiddenSize, configuration.kind.layerParts)
    heads = configuration.heads
    func linear(_ part: String, _ inputs: Int, _ outputs: Int, bias: Bool, isLast: Bool = false) -> Linear {
      Linear(
        "\(name).\(part)", inputs: inputs, outputs: outputs, bias: bias, from: source,
        deviation: configuration.deviation(isLast: isLast), role: .projection)
    }
    func norm(_ part: String, width: Int? = nil) -> RMSNorm {
      configuration.norm("\(name).\(part)", width: width, from: source)
    }
    let queryWidth = configuration.queryHeads * configuration.headWidth
    let keyWidth = configuration.keyValueHeads * configuration.headWidth
    let bias = configuration.attentionBias
    inputNorm = norm(parts.inputNorm)
    query = linear("self_attn.q_proj", width, queryWidth, bias: bias)
    key = linear("self_attn.k_proj", width, keyWidth, bias: bias)
    value = linear("self_attn.v_proj", width, keyWidth, bias: bias)
    output = linear(
      parts.attentionOutput, queryWidth, width, bias: configuration.attentionOutputBias, isLast: true)
    headNorms =
      configuration.normalizesHeads
      ? (
        norm(parts.headNorms.query, width: configuration.headWidth),
        norm(parts.headNorms.key, width: configuration.headWidth)
      ) : nil
    attentionNorm = parts.attentionNorm.map { norm($0) }
    mlp = GatedMLP(name, configuration, from: source)
  }

  package var parameters: [Parameter] {
    let norms = [attentionNorm, headNorms?.query, headNorms?.key].compactMap { $0?.weight }
    return [inputNorm.weight, mlp.norm.weight] + [query, key, value, output].flatMap(\.parameters)
      + mlp.layers.flatMap(\.parameters) + norms + [mlp.outputNorm?.weight].compactMap { $0 }
  }

  /// Doubles what the MLP adds.
  package func doubleMLP() { mlp.double() }

  package func forward(_ hidden: Value, _ pass: DecoderPass) -> Value {
    run(hidden, normed: inputNorm(hidden, pass.tape), plan: pass.plan, gate: nil, pass)
  }

  /// The layer over the rows of a plan.
  /// - Parameters:
  ///   - normed: `hidden` behind the input norm.
  ///   - gate: A factor per row on what the MLP adds.
  /// - Shape: hidden, normed `[plan.count, width]`, gate `[plan.count]`
  package func run(_ hidden: Value, normed: Value, plan: LayerPlan, gate factor: Value?, _ pass: DecoderPass)
    -> Value
  {
    let tape = pass.tape
    let (table, positions) = pass.turns(of: plan, rotary, axes: rotaryAxes)
    let projected = tape.linear(normed, [self.query.map, self.key.map, self.value.map])
    let query = tape.rotary(
      normalized(projected[0], by: headNorms?.query, tape), positions: positions, table: table)
    let key = tape.rotary(
      normalized(projected[1], by: headNorms?.key, tape), positions: positions, table: table)
    let value = projected[2]
    let items = plan.attentionItems(
      layer: index, key: key.tensor, value: value.tensor, heads: heads, window: window,
      picturesSeeThemselves: picturesSeeThemselves, backend: tape.backend)
    pass.observer?.layer(
      index, attends: query.tensor, key: key.tensor, heads: heads, items: items, of: plan)
    let attended = tape.attention(
      query: query, key: key, value: value, heads: heads, items: items,
      precision: self.query.map.weight.precision)
    let middle =
      attentionNorm.map { tape.add(hidden, $0(output(attended, tape), tape)) }
      ?? tape.linear(attended, output.map, addedTo: hidden)
    return mlp(middle, factors: factor, tape)
  }

  private func normalized(_ rows: Value, by norm: RMSNorm?, _ tape: Tape) -> Value {
    guard let norm else { return rows }
    let heads = tape.reshaped(rows, [rows.tensor.count / self.heads.headWidth, self.heads.headWidth])
    return tape.reshaped(norm(heads, tape), rows.tensor.shape)
  }
}

extension DecoderConfiguration {
  /// A norm of the decoder.
  /// - Parameter width: The width of a row if nil.
  func norm(_ name: String, width: Int? = nil, from source: any ParameterSource) -> RMSNorm {
    RMSNorm(name, width: width ?? hiddenSize, epsilon: normEpsilon, offset: normOffset, from: source)
  }

  /// Of new weights; those of a residual branch's last matrix are smaller the deeper the model is (GPT-2).
  func deviation(isLast: Bool) -> Float { isLast ? 0.02 / Float(2 * layerCount).squareRoot() : 0.02 }
}
