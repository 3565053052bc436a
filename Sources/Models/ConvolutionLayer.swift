package import Tensors

/// A layer that runs every row and has a short gated convolution along the sequence in place of the attention (LFM2).
///
/// A row depends on the rows right in front of it, so that there is nothing to choose: a convolution that skipped rows would mix
/// others than it was trained on. It is never routed.
package final class ConvolutionLayer: DecoderLayer {
  package let index: Int
  private let inputNorm: RMSNorm
  private let input, output: Linear
  /// - Shape: `[width, 1, length]`
  private let weight: Parameter
  private let bias: Parameter?
  private let mlp: GatedMLP
  private let length: Int
  /// How a row is kept in a cache: its first half as a key, the second as a value.
  private let halves: AttentionHeads

  init(
    index: Int, name: String, _ configuration: DecoderConfiguration, _ convolution: ConvolutionConfiguration,
    from source: any ParameterSource
  ) {
    self.index = index
    let width = configuration.hiddenSize
    (length, halves) = (convolution.length, configuration.convolutionHalves)
    func linear(_ part: String, _ outputs: Int, isLast: Bool) -> Linear {
      Linear(
        "\(name).\(part)", inputs: width, outputs: outputs, bias: convolution.bias, from: source,
        deviation: configuration.deviation(isLast: isLast), role: .projection)
    }
    inputNorm = configuration.norm("\(name).\(configuration.kind.layerParts.inputNorm)", from: source)
    input = linear("conv.in_proj", 3 * width, isLast: false)
    output = linear("conv.out_proj", width, isLast: true)
    weight = source.parameter(
      "\(name).conv.conv.weight", [width, 1, length],
      initial: .normal(deviation: 1 / Float(length).squareRoot()))
    bias =
      convolution.bias
      ? source.parameter("\(name).conv.conv.bias", [width], initial: .constant(0)) : nil
    mlp = GatedMLP(name, configuration, from: source)
  }

  package var parameters: [Parameter] {
    [inputNorm.weight, mlp.norm.weight] + [input, output].flatMap(\.parameters)
      + [weight, bias].compactMap { $0 } + mlp.layers.flatMap(\.parameters)
  }

  package func forward(_ hidden: Value, _ pass: DecoderPass) -> Value {
    let (tape, width) = (pass.tape, hidden.width)
    let projected = input(inputNorm(hidden, tape), tape)
    func part(_ index: Int) -> Value { tape.columns(projected, index * width..<(index + 1) * width) }
    let gated = tape.gated(.identity, gate: part(0), up: part(2))
    let (rows, sources) = history(of: gated, pass)
    let mixed = tape.gated(
      .identity, gate: part(1),
      up: tape.slidingSum(rows, sources: sources, weight: weight, bias: bias))
    return mlp(tape.linear(mixed, output.map, addedTo: hidden), tape)
  }

  /// The rows that convolutions look at: those of the batch and behind them what caches have, as they keep it.
  /// - Returns: `sources` holds for each row of the batch the rows that it sees, the own one last; −1 in front of the
  ///   sequence.
  private func history(of gated: Value, _ pass: DecoderPass) -> (rows: Value, sources: [Int32]) {
    let (tape, batch) = (pass.tape, pass.batch)
    var parts = [RowSource(gated, places: Array(0..<gated.rows))]
    var count = gated.rows
    var sources: [Int32] = []
    sources.reserveCapacity(gated.rows * length)
    for slice in batch.slices {
      var seen: [Int]
      if let cache = slice.cache {
        let (own, half) = (Value(constant: gated.tensor.rows(slice.rows)), gated.width / 2)
        let kept = cache.appendAndRead(
          key: tape.columns(own, 0..<half).tensor, value: tape.columns(own, half..<2 * half).tensor,
          heads: halves, toLayer: index, before: length - 1, backend: tape.backend)
        seen = Array(count..<count + kept.rows)
        parts.append(RowSource(Value(constant: kept), places: seen))
        count += kept.rows
      } else {
        seen = batch.rows(endingWith: slice, before: length - 1)
      }
      seen = [Int](repeating: -1, count: length - 1 + slice.rows.count - seen.count) + seen
      for row in slice.rows.indices {
        let first = row - slice.rows.lowerBound
        sources += seen[first..<first + length].map { Int32($0) }
      }
    }
    return (parts.count == 1 ? gated : tape.assemble(parts, rows: count), sources)
  }
}

extension DecoderConfiguration {
  /// How each layer's keys and values, or what it has in their place, are kept.
  package var keptHeads: [AttentionHeads] {
    (0..<layerCount).map { convolution?.layers[$0] == true ? convolutionHalves : heads }
  }

  /// Layers that may leave rows out: those with attention.
  package var routableLayers: [Int] { (0..<layerCount).filter { convolution?.layers[$0] != true } }

  /// How caches keep the rows of convolutions.
  var convolutionHalves: AttentionHeads {
    let parts = hiddenSize % (2 * queryHeads) == 0 ? queryHeads : 1
    return AttentionHeads(queryHeads: parts, keyValueHeads: parts, headWidth: hiddenSize / 2 / parts)
  }
}
