package import Tensors

/// The names of a decoder's tensors in a family's checkpoints.
package struct DecoderNames: Sendable {
  /// In front of `embed_tokens`, `layers.N` and `norm`, with its dot.
  let stem: String
  let head: String

  package init(stem: String, head: String) {
    self.stem = stem
    self.head = head
  }

  /// The stem of one layer's names, without a dot at its end.
  package func layer(_ index: Int) -> String { "\(stem)layers.\(index)" }
}

/// Token embeddings, a list of layers, a last norm and the head that turns rows into logits.
package final class TransformerDecoder: Sendable {
  package let configuration: DecoderConfiguration
  package let names: DecoderNames
  package let layers: [any DecoderLayer]
  private let embedding: Parameter
  private let norm: RMSNorm
  private let head: Parameter
  /// What several layers learn together, such as a shared router.
  private let sharedParameters: [Parameter]

  /// A decoder whose layers are all dense.
  package init(_ configuration: DecoderConfiguration, names: DecoderNames, from source: any ParameterSource) {
    self.configuration = configuration
    self.names = names
    let rotary = configuration.rope.table(positions: configuration.contextLength)
    let table = [configuration.vocabularySize, configuration.hiddenSize]
    embedding = source.parameter(
      "\(names.stem)embed_tokens.weight", table, initial: .normal(deviation: 0.02), role: .table)
    let windowed = configuration.windowedRope?.table(positions: configuration.contextLength)
    layers = (0..<configuration.layerCount).map { index -> any DecoderLayer in
      let name = names.layer(index)
      if let convolution = configuration.convolution, convolution.layers[index] {
        return ConvolutionLayer(index: index, name: name, configuration, convolution, from: source)
      }
      let table = configuration.windows[index] == nil ? rotary : windowed ?? rotary
      return DenseLayer(index: index, name: name, configuration, rotary: table, from: source)
    }
    norm = configuration.norm("\(names.stem)\(configuration.kind.lastNorm)", from: source)
    head =
      configuration.tiesEmbeddings
      ? embedding : source.parameter(names.head, table, initial: .normal(deviation: 0.02), role: .matrix)
    sharedParameters = []
  }

  private init(_ other: TransformerDecoder, layers: [any DecoderLayer], sharing parameters: [Parameter]) {
    configuration = other.configuration
    names = other.names
    embedding = other.embedding
    norm = other.norm
    head = other.head
    self.layers = layers
    sharedParameters = parameters
  }

  /// The same decoder, sharing all parameters, with other layers.
  /// - Parameter parameters: What the new layers learn together.
  package func replacingLayers(
    sharing parameters: [Parameter] = [], _ transform: (any DecoderLayer) -> any DecoderLayer
  ) -> TransformerDecoder {
    TransformerDecoder(self, layers: layers.map(transform), sharing: parameters)
  }

  package var parameters: [Parameter] { ends + layers.flatMap(\.parameters) + sharedParameters }

  /// The decoder's tensors under their names in a checkpoint.
  package var storedTensors: [(name: String, parameter: Parameter)] {
    ends.map { ($0.name, $0) } + layers.flatMap(\.storedTensors)
  }

  /// Whether prompts that begin alike must be read each for itself.
  package var readsAhead: Bool { layers.contains(where: \.readsAhead) }

  /// The format of the layers' matrices.
  var precision: WeightPrecision {
    layers.lazy.flatMap(\.parameters).first { $0.shape.count > 1 }?.precision ?? .float32
  }

  private var ends: [Parameter] { [embedding, norm.weight] + (configuration.tiesEmbeddings ? [] : [head]) }

  /// - Shape: `[ids.count, width]`
  package func embed(_ ids: [Int], _ tape: Tape) -> Value {
    let rows = tape.embedding(ids, table: embedding)
    return configuration.embeddingScale == 1 ? rows : tape.scale(rows, by: configuration.embeddingScale)
  }

  /// What enters the first layer of rows that carry more.
  /// - Shape: `[rows, width · n]` → `[rows, width]`
  package func entering(_ rows: Value, _ tape: Tape) -> Value { part(0, of: rows, tape) }

  private func part(_ index: Int, of rows: Value, _ tape: Tape) -> Value {
    let width = configuration.hiddenSize
    return rows.width == width ? rows : tape.columns(rows, index * width..<(index + 1) * width)
  }

  /// Runs all layers and tells the batch's caches about it. A pass that is stopped leaves them as they were.
  ///
  /// Rows may carry more than what enters the first layer: what is added to them behind it, behind the second one and so on
  /// (DeepStack), whether these layers ran them or not.
  /// - Shape: rows `[batch rows, width · n]` → `[batch rows, width]`, before the last norm
  package func forward(_ rows: Value, _ pass: DecoderPass) -> Value {
    precondition(
      rows.rows == pass.batch.rowCount, "\(rows.rows) rows meet a batch of \(pass.batch.rowCount)")
    let additions = rows.width / configuration.hiddenSize - 1
    var hidden = entering(rows, pass.tape)
    for layer in layers {
      guard pass.goesOn() else {
        pass.batch.abandon()
        return hidden
      }
      hidden = layer.forward(hidden, pass)
      if layer.index < additions {
        hidden = pass.tape.add(hidden, part(layer.index + 1, of: rows, pass.tape))
      }
      pass.observer?.layer(layer.index, of: pass.batch, finishedWith: hidden.tensor)
    }
    pass.batch.finish()
    return hidden
  }

  /// - Shape: as hidden
  package func normalize(_ hidden: Value, _ tape: Tape) -> Value { norm(hidden, tape) }

  /// - Parameter normalized: Rows behind the last norm.
  /// - Shape: `[rows, width]` → `[rows, vocabulary]`
  package func logits(_ normalized: Value, _ tape: Tape) -> Value {
    let logits = tape.linear(normalized, head)
    guard let most = configuration.largestLogit else { return logits }
    return tape.scale(tape.tanh(tape.scale(logits, by: 1 / most)), by: most)
  }
}
