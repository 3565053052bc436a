internal import Images
internal import StrictJSON
internal import Tensors
internal import Tokenization

/// Qwen3-VL (Bai et al. 2025): a tower for pictures of any size whose middle blocks speak to the first layers of the decoder,
/// too (DeepStack), and a decoder that counts positions in time, rows and columns.
struct Qwen3VL: ModelFamily {
  static let modelTypes = ["qwen3_vl"]

  private let text: DecoderConfiguration
  private let vision: Vision
  private let imageTokenID: Int
  private let names = DecoderNames(stem: "model.language_model.", head: "lm_head.weight")

  /// The sizes of the tower.
  private struct Vision: Sendable {
    let block: AxialVisionBlock.Shape
    let depth: Int
    let patches: MergedPatches
    /// Learnt positions along one side.
    let side: Int
    /// The blocks behind which rows go to the first decoder layers, one for each.
    let deepBlocks: [Int]

    init(_ json: JSONObject) throws {
      func size(_ key: String, _ fallback: Int) throws -> Int {
        try DecoderConfiguration.size(json, key, default: fallback, limit: 1 << 16)
      }
      let activation = try Activation(json, "hidden_act", default: "gelu_pytorch_tanh")
      block = AxialVisionBlock.Shape(
        width: try size("hidden_size", 1152), intermediate: try size("intermediate_size", 4304),
        heads: try size("num_heads", 16), norm: .layer,
        mlp: .plain(activation, "mlp.linear_fc1", "mlp.linear_fc2"))
      depth = try DecoderConfiguration.size(
        json, "depth", default: 27, limit: DecoderConfiguration.layerLimit)
      patches = try MergedPatches(json, patch: 16)
      let positions = try size("num_position_embeddings", 2304)
      side = Int(Double(positions).squareRoot())
      let deep = try json.optionalInts("deepstack_visual_indexes") ?? [8, 16, 24]
      deepBlocks = deep
      guard block.isSound else {
        throw json.error(at: "num_heads", "heads must divide the width into multiples of 4")
      }
      guard side * side == positions else {
        throw json.error(at: "num_position_embeddings", "\(positions) positions do not fill a square")
      }
      guard deep.allSatisfy((0..<depth).contains), zip(deep, deep.dropFirst()).allSatisfy({ $0 < $1 }) else {
        throw json.error(
          at: "deepstack_visual_indexes", "\(deep) must be blocks of \(depth), in ascending order")
      }
    }
  }

  init(_ files: ModelFiles) throws {
    let json = files.json
    var text = try DecoderConfiguration(json.object("text_config"), kind: .qwen3VL)
    if try json.optionalBool("tie_word_embeddings") == true { text.tiesEmbeddings = true }
    self.text = text
    vision = try Vision(json.object("vision_config"))
    imageTokenID = try json.optionalInt("image_token_id") ?? 151_655
    guard vision.deepBlocks.count <= text.layerCount else {
      throw json.error(
        at: "vision_config.deepstack_visual_indexes", "there are more than decoder layers")
    }
  }

  func name(ofStored name: String) -> String? {
    isBuffer(name) || name == names.head && text.tiesEmbeddings ? nil : name
  }

  var name: String { "qwen3-vl" }
  var template: ConversationTemplate { .qwen3VL }

  func imageProcessor(_ settings: PreprocessorSettings) throws -> (any ImageProcessor)? {
    try QwenVLImageProcessor(settings, patchSize: vision.patches.patch)
  }

  func model(_ json: JSONObject, from source: any ParameterSource) -> VisionLanguageModel {
    VisionLanguageModel(
      self, configuration: json,
      decoder: TransformerDecoder(text, names: names, from: source), images: Encoder(self, from: source),
      imageTokenID: imageTokenID)
  }

  /// A row of features holds the last block's row and behind it those of the deep blocks; a row for the decoder likewise.
  private final class Encoder: MergedPatchEncoder {
    private let vision: Vision
    private let patchEmbedding, patchBias, positionEmbedding: Parameter
    private let blocks: [AxialVisionBlock]
    private let merger: Merger
    private let deepMergers: [Merger]

    init(_ family: Qwen3VL, from source: any ParameterSource) {
      vision = family.vision
      let (vision, patches, stem) = (vision, vision.patches, "model.visual")
      let width = vision.block.width
      patchEmbedding = source.parameter(
        "\(stem).patch_embed.proj.weight", [width, 3, patches.frames, patches.patch, patches.patch],
        initial: .normal(deviation: 0.02), role: .matrix)
      patchBias = source.parameter("\(stem).patch_embed.proj.bias", [width], initial: .constant(0))
      positionEmbedding = source.parameter(
        "\(stem).pos_embed.weight", [vision.side * vision.side, width], initial: .normal(deviation: 0.02))
      blocks = (0..<vision.depth).map { AxialVisionBlock("\(stem).blocks.\($0)", vision.block, from: source) }
      func merger(_ part: String, normsSquares: Bool) -> Merger {
        Merger(
          "\(stem).\(part)", width: width, cell: patches.cell, outputs: family.text.hiddenSize,
          normsSquares: normsSquares, from: source)
      }
      self.merger = merger("merger", normsSquares: false)
      deepMergers = vision.deepBlocks.indices.map {
        merger("deepstack_merger_list.\($0)", normsSquares: true)
      }
    }

    var patches: MergedPatches { vision.patches }

    var towerParameters: [Parameter] {
      [patchEmbedding, patchBias, positionEmbedding] + blocks.flatMap(\.parameters)
    }

    var projectorParameters: [Parameter] { ([merger] + deepMergers).flatMap(\.parameters) }

    func features(_ input: ImageInput, _ tape: Tape) -> Value {
      let places = patches.places(patches.cells(input))
      let rows = tape.linear(Value(constant: input.pixels), patchEmbedding, bias: patchBias)
      var hidden = tape.add(rows, positions(of: input, places, tape))
      let table = MergedPatches.angles(headWidth: vision.block.headWidth, places: places)
      let all = 0..<places.count
      let items = [AttentionItem(queries: all, spans: [.rows(all)], isCausal: false)]
      var deep: [Value] = []
      for (index, block) in blocks.enumerated() {
        hidden = block.forward(hidden, table, items: items, tape)
        if vision.deepBlocks.contains(index) { deep.append(hidden) }
      }
      return tape.besides([hidden] + deep)
    }

    /// The learnt positions, linear between those of their own grid.
    private func positions(of input: ImageInput, _ places: [SIMD3<Int32>], _ tape: Tape) -> Value {
      let (height, width) = (input.grid?.height ?? 0, input.grid?.width ?? 0)
      let table = tape.embedding(Array(0..<vision.side * vision.side), table: positionEmbedding)
      let resized = tape.resample(
        table, of: GridShape(height: vision.side, width: vision.side),
        rows: Resampling.alignedCorners(from: vision.side, to: height),
        columns: Resampling.alignedCorners(from: vision.side, to: width))
      return tape.gather(resized, rows: places.map { Int($0.x) * width + Int($0.y) })
    }

    func project(_ features: Value, of input: ImageInput, _ tape: Tape) -> Value {
      let width = vision.block.width
      return tape.besides(
        ([merger] + deepMergers).enumerated().map { part, merger in
          merger(tape.columns(features, part * width..<(part + 1) * width), tape)
        })
    }
  }

  /// Makes the patches of each square one row of the decoder.
  private struct Merger: Sendable {
    private let norm: LayerNorm
    private let layers: Projector
    private let cell: Int
    /// Whether the norm sees a square as one row and not its patches.
    private let normsSquares: Bool

    init(
      _ name: String, width: Int, cell: Int, outputs: Int, normsSquares: Bool,
      from source: any ParameterSource
    ) {
      (self.cell, self.normsSquares) = (cell, normsSquares)
      norm = LayerNorm(
        "\(name).norm", width: normsSquares ? width * cell : width, epsilon: 1e-6, from: source)
      layers = Projector(
        ["\(name).linear_fc1", "\(name).linear_fc2"], inputs: width * cell, inner: width * cell,
        outputs: outputs, from: source)
    }

    var parameters: [Parameter] { norm.parameters + layers.parameters }

    func callAsFunction(_ rows: Value, _ tape: Tape) -> Value {
      let shape = [rows.rows / cell, rows.width * cell]
      let squares =
        normsSquares ? norm(tape.reshaped(rows, shape), tape) : tape.reshaped(norm(rows, tape), shape)
      return layers(squares, tape)
    }
  }
}
