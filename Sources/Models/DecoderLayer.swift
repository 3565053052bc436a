public import Tensors

/// A layer of a decoder: every row comes out, changed or not.
public protocol DecoderLayer: Sendable {
  /// The layer's place in the decoder, from 0.
  var index: Int { get }
  /// - Shape: hidden `[batch rows, width]` → the same
  func forward(_ hidden: Value, _ pass: DecoderPass) -> Value
  /// What the layer learns, without parameters that it shares with other layers.
  var parameters: [Parameter] { get }
  /// The tensors under which a checkpoint stores the layer: its parameters, and shared ones under this layer's name.
  var storedTensors: [(name: String, parameter: Parameter)] { get }
}

extension DecoderLayer {
  public var storedTensors: [(name: String, parameter: Parameter)] { parameters.map { ($0.name, $0) } }
}

/// Sees what happens inside a decoder, for traces and measurements.
public protocol DecoderObserver: AnyObject {
  /// The output of a layer, for all rows of the batch.
  func layer(_ index: Int, finishedWith hidden: Tensor)
  /// The rotated queries and keys of a layer's attention, for the rows that the layer runs.
  func layer(_ index: Int, attends query: Tensor, key: Tensor, heads: AttentionHeads, items: [AttentionItem])
}

/// One run of a decoder over one packed batch.
public final class DecoderPass {
  public let tape: Tape
  public let batch: PackedBatch
  public let observer: (any DecoderObserver)?
  /// What layers want added to the training loss, in the order of the layers.
  public package(set) var auxiliaryLosses: [Value] = []

  public init(_ batch: PackedBatch, tape: Tape, observer: (any DecoderObserver)? = nil) {
    self.batch = batch
    self.tape = tape
    self.observer = observer
  }
}

/// A LLaMA layer that runs every row: attention and a gated MLP, each behind an RMSNorm and beside a residual.
public final class DenseLayer: DecoderLayer {
  public let index: Int
  /// The norm in front of the attention; also what a router looks at.
  package let inputNorm: RMSNorm
  private let query, key, value, output: Linear
  private let postNorm: RMSNorm
  private let gate, up, down: Linear
  private let heads: AttentionHeads
  private let rotary: RotaryTable

  init(
    index: Int, name: String, _ configuration: LlamaConfiguration, rotary: RotaryTable,
    from source: any ParameterSource
  ) {
    self.index = index
    self.rotary = rotary
    let width = configuration.hiddenSize
    heads = AttentionHeads(
      queryHeads: configuration.queryHeads, keyValueHeads: configuration.keyValueHeads,
      headWidth: configuration.headWidth)
    // Residual branches start smaller the deeper the model is (GPT-2).
    let deviation: Float = 0.02
    let residual = deviation / Float(2 * configuration.layerCount).squareRoot()
    func linear(_ part: String, _ inputs: Int, _ outputs: Int, _ deviation: Float) -> Linear {
      Linear(
        "\(name).\(part)", inputs: inputs, outputs: outputs, bias: false, from: source, deviation: deviation)
    }
    let queryWidth = configuration.queryHeads * configuration.headWidth
    let keyWidth = configuration.keyValueHeads * configuration.headWidth
    inputNorm = RMSNorm(
      "\(name).input_layernorm", width: width, epsilon: configuration.normEpsilon, from: source)
    query = linear("self_attn.q_proj", width, queryWidth, deviation)
    key = linear("self_attn.k_proj", width, keyWidth, deviation)
    value = linear("self_attn.v_proj", width, keyWidth, deviation)
    output = linear("self_attn.o_proj", queryWidth, width, residual)
    postNorm = RMSNorm(
      "\(name).post_attention_layernorm", width: width, epsilon: configuration.normEpsilon, from: source)
    gate = linear("mlp.gate_proj", width, configuration.intermediateSize, deviation)
    up = linear("mlp.up_proj", width, configuration.intermediateSize, deviation)
    down = linear("mlp.down_proj", configuration.intermediateSize, width, residual)
  }

  public var parameters: [Parameter] {
    [inputNorm.weight, postNorm.weight] + [query, key, value, output, gate, up, down].flatMap(\.parameters)
  }

  /// The matrix whose output enters the residual stream behind the MLP.
  package var downProjection: Parameter { down.weight }

  public func forward(_ hidden: Value, _ pass: DecoderPass) -> Value {
    run(
      hidden, normed: inputNorm(hidden, pass.tape), plan: LayerPlan(pass.batch, layer: index), gate: nil, pass
    )
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
    let query = tape.rotary(self.query(normed, tape), positions: plan.positions, table: rotary)
    let key = tape.rotary(self.key(normed, tape), positions: plan.positions, table: rotary)
    let value = self.value(normed, tape)
    let items = plan.attentionItems(key: key.tensor, value: value.tensor)
    pass.observer?.layer(index, attends: query.tensor, key: key.tensor, heads: heads, items: items)
    let attended = output(
      tape.attention(query: query, key: key, value: value, heads: heads, items: items), tape)
    let middle = tape.add(hidden, attended)
    let rows = postNorm(middle, tape)
    var change = down(tape.swiGLU(gate: gate(rows, tape), up: up(rows, tape)), tape)
    if let factor { change = tape.scaleRows(change, by: factor) }
    return tape.add(middle, change)
  }
}
