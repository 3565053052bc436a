internal import Images
internal import StrictJSON
internal import Tensors
internal import Tokenization

/// Mistral 3 and Pixtral (Agrawal et al. 2024) in Hugging Face's layout: a tower for pictures of any size that turns queries and
/// keys by rows and columns; Mistral 3 merges squares of its patches.
struct Mistral3: ModelFamily {
  static let modelTypes = ["mistral3", "llava"]
  static let summary = "mistral3, llava with a Pixtral tower"
  static func reads(_ json: JSONObject) -> Bool {
    json["model_type"]?.string == "mistral3"
      || json["vision_config"]?.object?["model_type"]?.string == "pixtral"
  }

  private let text: DecoderConfiguration
  private let vision: Vision
  private let featureLayers: [Int]
  /// Patches along one side of the square that becomes a row; nil in Pixtral, which has no such layer.
  private let merge: Int?
  private let activation: Activation
  private let hasBias: Bool
  private let imageTokenID: Int
  private let names = HubNames(towerHasModel: false)

  /// The sizes of the tower.
  fileprivate struct Vision: Sendable {
    let width, intermediate, depth, heads, patch: Int
    let theta: Double
    let epsilon: Float = 1e-5
    var headWidth: Int { width / heads }

    init(_ json: JSONObject) throws {
      func size(_ key: String, _ fallback: Int) throws -> Int {
        try DecoderConfiguration.size(json, key, default: fallback, limit: 1 << 16)
      }
      width = try size("hidden_size", 1024)
      intermediate = try size("intermediate_size", 4096)
      depth = try DecoderConfiguration.size(
        json, "num_hidden_layers", default: 24, limit: DecoderConfiguration.layerLimit)
      heads = try size("num_attention_heads", 16)
      patch = try size("patch_size", 16)
      theta =
        try json.optionalObject("rope_parameters")?.optionalDouble("rope_theta")
        ?? json.optionalDouble("rope_theta") ?? 10000
      guard width % heads == 0, width / heads % 4 == 0, theta > 0 else {
        throw json.error(at: "num_attention_heads", "heads must divide the width into multiples of 4")
      }
      guard try json.optionalString("hidden_act") ?? "gelu" == "silu" else {
        throw json.error(at: "hidden_act", "towers with another activation than silu are not supported")
      }
    }
  }

  init(_ files: ModelFiles) throws {
    let json = files.json
    let isMerged = try json.optionalString("model_type") == "mistral3"
    var text = try DecoderConfiguration(json.object("text_config"))
    if try json.optionalBool("tie_word_embeddings") == true { text.tiesEmbeddings = true }
    self.text = text
    let tower = try json.object("vision_config")
    vision = try Vision(tower)
    merge =
      isMerged ? try DecoderConfiguration.size(json, "spatial_merge_size", default: 2, limit: 64) : nil
    featureLayers = try VisionTransformerConfiguration.featureLayers(
      json, "vision_feature_layer", of: vision.depth, default: isMerged ? -1 : -2, most: isMerged ? 1 : 16)
    if !isMerged, try json.optionalString("vision_feature_select_strategy") ?? "default" != "full" {
      throw json.error(
        at: "vision_feature_select_strategy", "only \"full\" is supported with a Pixtral tower")
    }
    self.activation = try Activation(json, "projector_hidden_act", default: "gelu")
    hasBias = try json.optionalBool("multimodal_projector_bias") ?? !isMerged
    imageTokenID =
      try json.optionalInt("image_token_index") ?? json.optionalInt("image_token_id")
      ?? (isMerged ? 10 : 32000)
  }

  var name: String { merge == nil ? "pixtral" : "mistral3" }

  func name(ofStored name: String) -> String? {
    names.name(ofStored: name, tiesEmbeddings: text.tiesEmbeddings)
  }

  var template: ConversationTemplate { .pixtral }

  func imageProcessor(_ settings: PreprocessorSettings) throws -> (any ImageProcessor)? {
    try PixtralImageProcessor(settings, merge: merge ?? 1)
  }

  func model(_ json: JSONObject, from source: any ParameterSource) -> VisionLanguageModel {
    VisionLanguageModel(
      self, configuration: json,
      decoder: TransformerDecoder(text, names: names.decoder, from: source),
      images: Encoder(self, from: source), imageTokenID: imageTokenID)
  }

  private final class Encoder: ImageEncoder {
    private let family: Mistral3
    private let patchEmbedding: Parameter
    private let norm: RMSNorm
    private let blocks: [PixtralBlock]
    private let mergeNorm: RMSNorm?
    private let merging: Linear?
    private let projector: Projector
    /// Angles of rows in the first half of a head and of columns in the second.
    private let rotary: RotaryTable
    /// More patches along one side than any picture that fits the decoder has.
    private static let mostPatches = 4096

    init(_ family: Mistral3, from source: any ParameterSource) {
      self.family = family
      let (vision, width) = (family.vision, family.vision.width)
      let stem = "multi_modal_projector"
      patchEmbedding = source.parameter(
        "vision_tower.patch_conv.weight", [width, 3, vision.patch, vision.patch],
        initial: .normal(deviation: 0.02), role: .matrix)
      norm = RMSNorm("vision_tower.ln_pre", width: width, epsilon: vision.epsilon, from: source)
      blocks = (0..<vision.depth).map {
        PixtralBlock("vision_tower.transformer.layers.\($0)", vision, from: source)
      }
      mergeNorm = family.merge.map { _ in
        RMSNorm("\(stem).norm", width: width, epsilon: family.text.normEpsilon, from: source)
      }
      merging = family.merge.map {
        Linear(
          "\(stem).patch_merger.merging_layer", inputs: width * $0 * $0, outputs: width, bias: false,
          from: source, deviation: 0.02)
      }
      projector = Projector(
        ["\(stem).linear_1", "\(stem).linear_2"], inputs: width * family.featureLayers.count,
        outputs: family.text.hiddenSize, bias: family.hasBias, activation: family.activation, from: source)
      // Every other frequency turns by rows, the rest by columns.
      let all = RotaryTable.frequencies(headWidth: vision.headWidth, theta: vision.theta)
      rotary = RotaryTable(
        frequencies: all.indices.sorted { ($0 % 2, $0) < ($1 % 2, $1) }.map { all[$0] },
        positions: Self.mostPatches)
    }

    var towerParameters: [Parameter] { [patchEmbedding, norm.weight] + blocks.flatMap(\.parameters) }
    var projectorParameters: [Parameter] {
      [mergeNorm?.weight].compactMap { $0 } + (merging?.parameters ?? []) + projector.parameters
    }

    /// Pictures of a batch are filled up at the right and the bottom.
    func unpadded(_ input: ImageInput) -> ImageInput {
      let shape = input.pixels.shape
      guard let size = input.originalSize, shape.count == 4, size.height > 0, size.height <= shape[2],
        size.width > 0, size.width <= shape[3]
      else { return input }
      let (height, width) = (shape[2], shape[3])
      guard size != ImageInput.Size(height: height, width: width) else {
        return ImageInput(pixels: input.pixels)
      }
      let numbers = input.pixels.floats()
      let kept = (0..<shape[0] * shape[1] * size.height).flatMap { line in
        let start = (line / size.height * height + line % size.height) * width
        return numbers[start..<start + size.width]
      }
      return ImageInput(pixels: Tensor(kept, shape: [shape[0], shape[1], size.height, size.width]))
    }

    func check(_ input: ImageInput) throws {
      let (shape, side) = (input.pixels.shape, family.vision.patch * (family.merge ?? 1))
      let sides = side...family.vision.patch * Self.mostPatches
      guard shape.count == 4, shape[0] == 1, shape[1] == 3, sides.contains(shape[2]), sides.contains(shape[3])
      else {
        throw ModelError(
          "the pixels are \(shape) but the tower reads [1, 3, height, width] of \(sides.lowerBound) to \(sides.upperBound) a side; "
            + "the preprocessor and the model do not belong together")
      }
    }

    private func patches(_ input: ImageInput) -> GridShape {
      let patch = family.vision.patch
      return GridShape(height: input.pixels.shape[2] / patch, width: input.pixels.shape[3] / patch)
    }

    /// The grid of rows that the decoder sees.
    private func cells(_ input: ImageInput) -> GridShape {
      let (grid, merge) = (patches(input), family.merge ?? 1)
      return GridShape(height: grid.height / merge, width: grid.width / merge)
    }

    func tokenCount(of input: ImageInput) -> Int { cells(input).cells }
    func runs(of input: ImageInput) -> [Int] {
      [Int](repeating: cells(input).width, count: cells(input).height)
    }

    var blank: ImageInput {
      let side = 8 * family.vision.patch * (family.merge ?? 1)
      return ImageInput(pixels: .zeros([1, 3, side, side]))
    }

    func areas(of input: ImageInput) -> [TokenArea?] {
      let cells = cells(input)
      return TokenArea.grid(.init(height: cells.height, width: cells.width))
    }

    func features(_ input: ImageInput, _ tape: Tape) -> Value {
      let (vision, grid) = (family.vision, patches(input))
      let patches = input.pixels.patches(side: vision.patch, pool: tape.pool)
      var hidden = norm(tape.linear(Value(constant: patches), patchEmbedding), tape)
      let places = (0..<grid.cells).map { SIMD3(Int32($0 / grid.width), Int32($0 % grid.width), 0) }
      let sections = [vision.headWidth / 4, vision.headWidth / 4]
      let table = rotary.composed(of: places, axes: RotaryTable.axes(sections: sections))
      var found = [hidden]
      for block in blocks {
        hidden = block.forward(hidden, table, tape)
        found.append(hidden)
      }
      let wanted = family.featureLayers.map { found[$0 < 0 ? found.count + $0 : $0] }
      return wanted.count == 1 ? wanted[0] : tape.besides(wanted)
    }

    func project(_ features: Value, of input: ImageInput, _ tape: Tape) -> Value {
      guard let merge = family.merge, let mergeNorm, let merging else { return projector(features, tape) }
      let squares = tape.squares(mergeNorm(features, tape), of: patches(input), side: merge)
      return projector(merging(squares, tape), tape)
    }
  }
}

private struct PixtralBlock: Sendable {
  private let norm1, norm2: RMSNorm
  private let query, key, value, output, gate, up, down: Linear
  private let heads: AttentionHeads

  init(_ name: String, _ vision: Mistral3.Vision, from source: any ParameterSource) {
    func norm(_ part: String) -> RMSNorm {
      RMSNorm("\(name).\(part)", width: vision.width, epsilon: vision.epsilon, from: source)
    }
    func linear(_ part: String, _ inputs: Int, _ outputs: Int) -> Linear {
      Linear("\(name).\(part)", inputs: inputs, outputs: outputs, bias: false, from: source, deviation: 0.02)
    }
    let (width, inner) = (vision.width, vision.intermediate)
    (norm1, norm2) = (norm("attention_norm"), norm("ffn_norm"))
    query = linear("attention.q_proj", width, width)
    key = linear("attention.k_proj", width, width)
    value = linear("attention.v_proj", width, width)
    output = linear("attention.o_proj", width, width)
    gate = linear("feed_forward.gate_proj", width, inner)
    up = linear("feed_forward.up_proj", width, inner)
    down = linear("feed_forward.down_proj", inner, width)
    heads = AttentionHeads(
      queryHeads: vision.heads, keyValueHeads: vision.heads, headWidth: vision.headWidth)
  }

  var parameters: [Parameter] {
    [norm1.weight, norm2.weight] + [query, key, value, output, gate, up, down].flatMap(\.parameters)
  }

  /// - Parameter table: Row i holds the angles of row i.
  func forward(_ hidden: Value, _ table: RotaryTable, _ tape: Tape) -> Value {
    let projected = tape.linear(norm1(hidden, tape), [query.map, key.map, value.map])
    let positions = (0..<Int32(hidden.rows)).map { $0 }
    let all = 0..<hidden.rows
    let attended = tape.attention(
      query: tape.rotary(projected[0], positions: positions, table: table),
      key: tape.rotary(projected[1], positions: positions, table: table), value: projected[2], heads: heads,
      items: [AttentionItem(queries: all, spans: [.rows(all)], isCausal: false)],
      precision: query.weight.precision)
    let middle = tape.linear(attended, output.map, addedTo: hidden)
    let change = tape.gatedLinear(norm2(middle, tape), gate: gate.map, up: up.map)
    return tape.linear(change, down.map, addedTo: middle)
  }
}
