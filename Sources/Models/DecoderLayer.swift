package import Tensors

/// A layer of a decoder: every row comes out, changed or not.
package protocol DecoderLayer: Sendable {
  /// The layer's place in the decoder, from 0.
  var index: Int { get }
  /// - Shape: hidden `[batch rows, width]` → the same
  func forward(_ hidden: Value, _ pass: DecoderPass) -> Value
  /// What the layer learns, without parameters that it shares with other layers.
  var parameters: [Parameter] { get }
  /// Whether what becomes of a row may depend on rows behind it; prompts that begin alike then share nothing.
  var readsAhead: Bool { get }
  /// The tensors under which a checkpoint stores the layer: its parameters, and shared ones under this layer's name.
  var storedTensors: [(name: String, parameter: Parameter)] { get }
}

extension DecoderLayer {
  package var readsAhead: Bool { false }
  package var storedTensors: [(name: String, parameter: Parameter)] { parameters.map { ($0.name, $0) } }
}

/// Sees what happens inside a decoder, for traces and measurements.
package protocol DecoderObserver: AnyObject {
  /// The output of a layer, for all rows of the batch.
  func layer(_ index: Int, of batch: PackedBatch, finishedWith hidden: Tensor)
  /// The rotated queries and keys of a layer's attention, for the rows that the layer runs.
  /// - Parameter items: What the rows of each of the plan's ranges see that is not empty.
  func layer(
    _ index: Int, attends query: Tensor, key: Tensor, heads: AttentionHeads, items: [AttentionItem],
    of plan: LayerPlan)
}

/// A layer that runs every row: attention and a gated MLP, each behind an RMSNorm and beside a residual, as in LLaMA and
/// the families that follow it.
package final class DenseLayer: DecoderLayer {
  package let index: Int
  /// The norm in front of the attention; also what a router looks at.
  package let inputNorm: RMSNorm
  private let query, key, value, output: Linear
  private let postNorm: RMSNorm
  private let gate, up, down: Linear
  /// The norms of each head's query and key; nil where there are none.
  private let headNorms: (query: RMSNorm, key: RMSNorm)?
  private let heads: AttentionHeads
  private let rotary: RotaryTable
  private let rotarySections: [Int]?
  private let window: Int?

  init(
    index: Int, name: String, _ configuration: DecoderConfiguration, rotary: RotaryTable,
    from source: any ParameterSource
  ) {
    self.index = index
    self.rotary = rotary
    rotarySections = configuration.rope.sections
    window = configuration.windows[index]
    let width = configuration.hiddenSize
    heads = configuration.heads
    // Residual branches start smaller the deeper the model is (GPT-2).
    let deviation: Float = 0.02
    let residual = deviation / Float(2 * configuration.layerCount).squareRoot()
    func linear(_ part: String, _ inputs: Int, _ outputs: Int, _ deviation: Float, bias: Bool) -> Linear {
      Linear(
        "\(name).\(part)", inputs: inputs, outputs: outputs, bias: bias, from: source, deviation: deviation,
        role: .projection)
    }
    func norm(_ part: String, _ width: Int) -> RMSNorm {
      RMSNorm("\(name).\(part)", width: width, epsilon: configuration.normEpsilon, from: source)
    }
    let queryWidth = configuration.queryHeads * configuration.headWidth
    let keyWidth = configuration.keyValueHeads * configuration.headWidth
    let (bias, mlpBias) = (configuration.attentionBias, configuration.mlpBias)
    inputNorm = norm("input_layernorm", width)
    query = linear("self_attn.q_proj", width, queryWidth, deviation, bias: bias)
    key = linear("self_attn.k_proj", width, keyWidth, deviation, bias: bias)
    value = linear("self_attn.v_proj", width, keyWidth, deviation, bias: bias)
    output = linear("self_attn.o_proj", queryWidth, width, residual, bias: configuration.attentionOutputBias)
    headNorms =
      configuration.normalizesHeads
      ? (norm("self_attn.q_norm", configuration.headWidth), norm("self_attn.k_norm", configuration.headWidth))
      : nil
    postNorm = norm("post_attention_layernorm", width)
    gate = linear("mlp.gate_proj", width, configuration.intermediateSize, deviation, bias: mlpBias)
    up = linear("mlp.up_proj", width, configuration.intermediateSize, deviation, bias: mlpBias)
    down = linear("mlp.down_proj", configuration.intermediateSize, width, residual, bias: mlpBias)
  }

  package var parameters: [Parameter] {
    [inputNorm.weight, postNorm.weight] + [query, key, value, output, gate, up, down].flatMap(\.parameters)
      + (headNorms.map { [$0.query.weight, $0.key.weight] } ?? [])
  }

  /// The matrix whose output enters the residual stream behind the MLP.
  package var downProjection: Parameter { down.weight }

  package func forward(_ hidden: Value, _ pass: DecoderPass) -> Value {
    run(hidden, normed: inputNorm(hidden, pass.tape), plan: pass.plan, gate: nil, pass)
  }

  /// The layer over the rows of a plan.
  /// - Parameters:
  ///   - normed: `hidden` behind the input norm.
  ///   - gate: A factor per row on the MLP's output.
  /// - Shape: hidden, normed `[plan.count, width]`, gate `[plan.count]`
  package func run(_ hidden: Value, normed: Value, plan: LayerPlan, gate factor: Value?, _ pass: DecoderPass)
    -> Value
  {
    let tape = pass.tape
    let (table, positions) = pass.turns(of: plan, rotary, sections: rotarySections)
    let projected = tape.linear(normed, [self.query.map, self.key.map, self.value.map])
    let query = tape.rotary(
      normalized(projected[0], by: headNorms?.query, tape), positions: positions, table: table)
    let key = tape.rotary(
      normalized(projected[1], by: headNorms?.key, tape), positions: positions, table: table)
    let value = projected[2]
    let items = plan.attentionItems(
      layer: index, key: key.tensor, value: value.tensor, heads: heads, window: window,
      backend: tape.backend)
    pass.observer?.layer(
      index, attends: query.tensor, key: key.tensor, heads: heads, items: items, of: plan)
    let attended = tape.attention(
      query: query, key: key, value: value, heads: heads, items: items,
      precision: self.query.map.weight.precision)
    let middle = tape.linear(attended, output.map, addedTo: hidden)
    let change = tape.gatedLinear(postNorm(middle, tape), gate: gate.map, up: up.map)
    return tape.linear(change, down.map, factors: factor, addedTo: middle)
  }

  private func normalized(_ rows: Value, by norm: RMSNorm?, _ tape: Tape) -> Value {
    guard let norm else { return rows }
    let heads = tape.reshaped(rows, [rows.tensor.count / self.heads.headWidth, self.heads.headWidth])
    return tape.reshaped(norm(heads, tape), rows.tensor.shape)
  }
}
