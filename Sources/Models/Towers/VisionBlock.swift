internal import Tensors

/// What the tensors of a vision transformer are called.
struct VisionTransformerNames: Sendable {
  let classToken: String
  /// A convolution, without `.weight`.
  let patches: String
  let positions: String
  let preNorm, postNorm: String
  /// The blocks, without their numbers.
  let layers: String
  /// Axes in front of the width of the class token; positions have one less.
  let axes: [Int]
  let block: Block

  /// The names within a block.
  struct Block: Sendable {
    let norms: [String]
    /// Queries, keys and values, or one for all three.
    let attention: [String]
    let output: String
    let scales: [String]
  }

  /// Hugging Face's CLIP and SigLIP.
  static func hub(_ stem: String) -> VisionTransformerNames {
    VisionTransformerNames(
      classToken: "\(stem).embeddings.class_embedding", patches: "\(stem).embeddings.patch_embedding",
      positions: "\(stem).embeddings.position_embedding.weight", preNorm: "\(stem).pre_layrnorm",
      postNorm: "\(stem).post_layernorm", layers: "\(stem).encoder.layers", axes: [],
      block: Block(
        norms: ["layer_norm1", "layer_norm2"],
        attention: ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"], output: "self_attn.out_proj",
        scales: []))
  }
}

/// One block of the tower.
struct VisionBlock: Sendable {
  private let norm1, norm2: LayerNorm
  /// Three, or one whose outputs are those of three.
  private let attention: [Linear]
  private let output, first, second: Linear
  /// What each half's output is multiplied by before it is added, a factor per channel.
  private let scale1, scale2: Parameter?
  private let heads: AttentionHeads
  private let activation: Activation

  /// - Parameter name: With its dot at the end.
  init(
    _ name: String, _ configuration: VisionTransformerConfiguration, _ names: VisionTransformerNames.Block,
    from source: any ParameterSource
  ) {
    let width = configuration.hiddenSize
    let residual = 0.02 / Float(2 * configuration.layerCount).squareRoot()
    func linear(
      _ part: String, _ inputs: Int, _ outputs: Int, bias: Bool = true, _ deviation: Float = 0.02
    ) -> Linear {
      Linear(
        name + part, inputs: inputs, outputs: outputs, bias: bias, from: source, deviation: deviation)
    }
    func norm(_ part: String) -> LayerNorm {
      LayerNorm(name + part, width: width, epsilon: configuration.normEpsilon, from: source)
    }
    norm1 = norm(names.norms[0])
    norm2 = norm(names.norms[1])
    attention = names.attention.map {
      linear($0, width, 3 / names.attention.count * width, bias: configuration.attentionBias)
    }
    output = linear(names.output, width, width, residual)
    first = linear("mlp.fc1", width, configuration.intermediateSize)
    second = linear("mlp.fc2", configuration.intermediateSize, width, residual)
    let scales = names.scales.map { source.parameter(name + $0, [width], initial: .constant(0.1)) }
    (scale1, scale2) = (scales.first, scales.last)
    heads = AttentionHeads(
      queryHeads: configuration.heads, keyValueHeads: configuration.heads,
      headWidth: width / configuration.heads)
    activation = configuration.activation
  }

  var parameters: [Parameter] {
    [norm1, norm2].flatMap(\.parameters) + (attention + [output, first, second]).flatMap(\.parameters)
      + [scale1, scale2].compactMap { $0 }
  }

  func forward(_ hidden: Value, items: [AttentionItem], _ tape: Tape) -> Value {
    var projected = tape.linear(norm1(hidden, tape), attention.map(\.map))
    if let all = projected.first, projected.count == 1 {
      projected = (0..<3).map { tape.columns(all, $0 * hidden.width..<($0 + 1) * hidden.width) }
    }
    let attended = tape.attention(
      query: projected[0], key: projected[1], value: projected[2], heads: heads, items: items,
      precision: output.weight.precision)
    let middle = add(output, attended, scale1, to: hidden, tape)
    let change = tape.linear(norm2(middle, tape), first.map, activation: activation)
    return add(second, change, scale2, to: middle, tape)
  }

  private func add(_ linear: Linear, _ x: Value, _ scale: Parameter?, to rows: Value, _ tape: Tape) -> Value {
    guard let scale else { return tape.linear(x, linear.map, addedTo: rows) }
    return tape.linear(x, linear.map, scaledBy: scale, addedTo: rows)
  }
}
