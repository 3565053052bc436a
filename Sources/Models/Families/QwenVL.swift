internal import Images
internal import StrictJSON
internal import Tensors
internal import Tokenization

/// Qwen2-VL (Wang et al. 2024) and Qwen2.5-VL (Bai et al. 2025): a tower for pictures of any size, whose blocks look through
/// windows since 2.5, and a decoder that counts positions in time, rows and columns.
struct QwenVL: ModelFamily {
  static let modelTypes = ["qwen2_vl", "qwen2_5_vl"]

  private let text: DecoderConfiguration
  private let vision: Vision
  private let imageTokenID: Int
  private let isFirst: Bool
  private let names = DecoderNames(stem: "model.", head: "lm_head.weight")

  /// The sizes of the tower.
  private struct Vision: Sendable {
    let width, intermediate, depth, heads, patch, frames, merge: Int
    /// Whether norms are RMSNorms and MLPs gated.
    let isGated: Bool
    /// Rows along one side of a window; nil where every block sees the whole picture.
    let window: Int?
    /// Blocks that see the whole picture.
    let wholeBlocks: Set<Int>

    /// - Parameter isFirst: Whether the model is Qwen2-VL, whose tower is a plain transformer.
    init(_ json: JSONObject, isFirst: Bool) throws {
      func size(_ key: String, _ fallback: Int) throws -> Int {
        try DecoderConfiguration.size(json, key, default: fallback, limit: 1 << 16)
      }
      isGated = !isFirst
      width = isFirst ? try size("embed_dim", 1280) : try size("hidden_size", 3584)
      intermediate = isFirst ? try size("mlp_ratio", 4) * width : try size("intermediate_size", 3420)
      depth = try DecoderConfiguration.size(
        json, "depth", default: 32, limit: DecoderConfiguration.layerLimit)
      heads = try size("num_heads", 16)
      patch = try size("patch_size", 14)
      frames = try size("temporal_patch_size", 2)
      merge = try size("spatial_merge_size", 2)
      window = isFirst ? nil : try size("window_size", 112) / merge / patch
      wholeBlocks = Set(try json.optionalInts("fullatt_block_indexes") ?? [7, 15, 23, 31])
      guard width % heads == 0, width / heads % 4 == 0, window != 0 else {
        throw json.error(
          at: "num_heads",
          "heads must divide the width into multiples of 4, and windows hold at least one row")
      }
    }

    /// Numbers of one patch: channels, frames, rows, columns.
    var patchNumbers: Int { 3 * frames * patch * patch }
    var cell: Int { merge * merge }
  }

  init(_ files: ModelFiles) throws {
    let json = files.json
    var text = try DecoderConfiguration(json.optionalObject("text_config") ?? json, kind: .qwen2)
    if try json.optionalBool("tie_word_embeddings") == true { text.tiesEmbeddings = true }
    self.text = text
    isFirst = try json.optionalString("model_type") == "qwen2_vl"
    vision = try Vision(json.object("vision_config"), isFirst: isFirst)
    imageTokenID = try json.optionalInt("image_token_id") ?? 151_655
    guard text.rope.sections != nil else {
      throw json.error(at: "rope_scaling", "mrope_section is missing")
    }
  }

  /// The hub's names; later releases of transformers put `model.` in front of the tower's and `language_model.` into the
  /// decoder's.
  func name(ofStored stored: String) -> String? {
    var name = stored
    if name.hasPrefix("model.language_model.") {
      name = "model." + name.dropFirst("model.language_model.".count)
    }
    if name.hasPrefix("model.visual.") { name = String(name.dropFirst("model.".count)) }
    return isBuffer(name) || name == names.head && text.tiesEmbeddings ? nil : name
  }

  var name: String { isFirst ? "qwen2-vl" : "qwen2.5-vl" }
  var template: ConversationTemplate { .qwen2VL }

  func imageProcessor(_ settings: PreprocessorSettings) throws -> (any ImageProcessor)? {
    try QwenVLImageProcessor(settings)
  }

  func model(_ json: JSONObject, from source: any ParameterSource) -> VisionLanguageModel {
    VisionLanguageModel(
      self, configuration: json,
      decoder: TransformerDecoder(text, names: names, from: source), images: Encoder(self, from: source),
      imageTokenID: imageTokenID)
  }

  private final class Encoder: ImageEncoder {
    private let family: QwenVL
    private let patchEmbedding: Parameter
    private let blocks: [Block]
    private let mergeNorm: Norm
    private let first, second: Linear
    /// Angles of rows in the first half of a head and of columns in the second.
    private let rotary: RotaryTable
    /// More patches along one side than any picture that fits the decoder has.
    private static let mostPatches = 4096

    init(_ family: QwenVL, from source: any ParameterSource) {
      self.family = family
      let vision = family.vision
      patchEmbedding = source.parameter(
        "visual.patch_embed.proj.weight", [vision.width, 3, vision.frames, vision.patch, vision.patch],
        initial: .normal(deviation: 0.02), role: .matrix)
      blocks = (0..<vision.depth).map { Block("visual.blocks.\($0)", vision, from: source) }
      mergeNorm = Norm("visual.merger.ln_q", vision, from: source)
      let merged = vision.width * vision.cell
      func linear(_ part: String, _ outputs: Int) -> Linear {
        Linear(
          "visual.merger.mlp.\(part)", inputs: merged, outputs: outputs, bias: true, from: source,
          deviation: 0.02)
      }
      first = linear("0", merged)
      second = linear("2", family.text.hiddenSize)
      let quarter = RotaryTable.frequencies(headWidth: vision.width / vision.heads / 2, theta: 10000)
      rotary = RotaryTable(frequencies: quarter + quarter, positions: Self.mostPatches)
    }

    var towerParameters: [Parameter] { [patchEmbedding] + blocks.flatMap(\.parameters) }
    var projectorParameters: [Parameter] { mergeNorm.parameters + first.parameters + second.parameters }

    func check(_ input: ImageInput) throws {
      let merge = family.vision.merge
      guard let grid = input.grid, (1...Self.mostPatches).contains(grid.height),
        (1...Self.mostPatches).contains(grid.width), grid.height % merge == 0, grid.width % merge == 0,
        input.pixels.shape == [grid.height * grid.width, family.vision.patchNumbers]
      else {
        throw ModelError(
          "the patches are \(input.pixels.shape) for a grid of \(input.grid?.height ?? 0) × \(input.grid?.width ?? 0); "
            + "the tower reads [patches, \(family.vision.patchNumbers)] of grids in multiples of \(merge), up to \(Self.mostPatches)"
        )
      }
    }

    /// The grid of rows that the decoder sees.
    private func cells(_ input: ImageInput) -> GridShape {
      let merge = family.vision.merge
      return GridShape(height: (input.grid?.height ?? 0) / merge, width: (input.grid?.width ?? 0) / merge)
    }

    func tokenCount(of input: ImageInput) -> Int { cells(input).cells }

    var blank: ImageInput {
      let side = 8 * family.vision.merge
      return ImageInput(
        pixels: .zeros([side * side, family.vision.patchNumbers]), grid: .init(height: side, width: side))
    }

    func areas(of input: ImageInput) -> [TokenArea?] {
      let cells = cells(input)
      return TokenArea.grid(.init(height: cells.height, width: cells.width))
    }

    func axisPlaces(_ ids: [Int], imageTokenID: Int, inputs: [ImageInput]) -> AxisPlaces? {
      guard !inputs.isEmpty else { return nil }
      var places: [SIMD3<Int32>] = []
      var (next, picture) = (0, 0)
      while places.count < ids.count {
        guard ids[places.count] == imageTokenID, picture < inputs.count else {
          places.append(SIMD3(repeating: Int32(next)))
          next += 1
          continue
        }
        let grid = cells(inputs[picture])
        for cell in 0..<min(grid.cells, ids.count - places.count) {
          places.append(SIMD3(Int32(next), Int32(next + cell / grid.width), Int32(next + cell % grid.width)))
        }
        next += max(grid.height, grid.width)
        picture += 1
      }
      return AxisPlaces(places: places, shift: next - ids.count)
    }

    /// The cells of each window, window by window; those at the right and the bottom may be smaller.
    private func windows(_ grid: GridShape) -> [[Int]] {
      let side = family.vision.window ?? max(grid.height, grid.width)
      return stride(from: 0, to: grid.height, by: side).flatMap { top in
        stride(from: 0, to: grid.width, by: side).map { left in
          (top..<min(top + side, grid.height)).flatMap { row in
            (left..<min(left + side, grid.width)).map { row * grid.width + $0 }
          }
        }
      }
    }

    func features(_ input: ImageInput, _ tape: Tape) -> Value {
      let (vision, grid) = (family.vision, cells(input))
      let windows = windows(grid)
      // The patches come cell by cell; the blocks take the cells window by window.
      let order = windows.joined().flatMap { cell in (0..<vision.cell).map { cell * vision.cell + $0 } }
      let rows = tape.linear(Value(constant: input.pixels), patchEmbedding)
      var hidden = tape.gather(rows, rows: order)
      let places = order.map { index -> SIMD3<Int32> in
        let (cell, inside) = (index / vision.cell, index % vision.cell)
        let row = cell / grid.width * vision.merge + inside / vision.merge
        let column = cell % grid.width * vision.merge + inside % vision.merge
        return SIMD3(Int32(row), Int32(column), 0)
      }
      let quarter = vision.width / vision.heads / 4
      let table = rotary.composed(of: places, sections: [quarter, quarter])
      var start = 0
      let parts = windows.map { window -> AttentionItem in
        defer { start += window.count * vision.cell }
        let range = start..<start + window.count * vision.cell
        return AttentionItem(queries: range, spans: [.rows(range)], isCausal: false)
      }
      let all = 0..<order.count
      let whole = [AttentionItem(queries: all, spans: [.rows(all)], isCausal: false)]
      for (index, block) in blocks.enumerated() {
        hidden = block.forward(
          hidden, table, items: vision.wholeBlocks.contains(index) || vision.window == nil ? whole : parts,
          tape)
      }
      return hidden
    }

    func project(_ features: Value, of input: ImageInput, _ tape: Tape) -> Value {
      let (vision, grid) = (family.vision, cells(input))
      let merged = tape.reshaped(
        mergeNorm(features, tape), [grid.cells, vision.width * vision.cell])
      let rows = second(tape.activation(.gelu, first(merged, tape)), tape)
      // Back from the order of the windows.
      var places = [Int](repeating: 0, count: grid.cells)
      for (row, cell) in windows(grid).joined().enumerated() { places[cell] = row }
      return tape.gather(rows, rows: places)
    }
  }

  private struct Block: Sendable {
    let norm1, norm2: Norm
    let queryKeyValue, output: Linear
    /// Gated in Qwen2.5-VL, two layers with an activation between them before.
    let mlp: MLP
    let heads: AttentionHeads

    enum MLP: Sendable {
      case gated(gate: Linear, up: Linear, down: Linear)
      case plain(Linear, Linear)

      var layers: [Linear] {
        switch self {
        case .gated(let gate, let up, let down): [gate, up, down]
        case .plain(let first, let second): [first, second]
        }
      }
    }

    init(_ name: String, _ vision: Vision, from source: any ParameterSource) {
      func norm(_ part: String) -> Norm { Norm("\(name).\(part)", vision, from: source) }
      func linear(_ part: String, _ inputs: Int, _ outputs: Int) -> Linear {
        Linear("\(name).\(part)", inputs: inputs, outputs: outputs, bias: true, from: source, deviation: 0.02)
      }
      (norm1, norm2) = (norm("norm1"), norm("norm2"))
      queryKeyValue = linear("attn.qkv", vision.width, 3 * vision.width)
      output = linear("attn.proj", vision.width, vision.width)
      let (width, inner) = (vision.width, vision.intermediate)
      mlp =
        vision.isGated
        ? .gated(
          gate: linear("mlp.gate_proj", width, inner), up: linear("mlp.up_proj", width, inner),
          down: linear("mlp.down_proj", inner, width))
        : .plain(linear("mlp.fc1", width, inner), linear("mlp.fc2", inner, width))
      heads = AttentionHeads(
        queryHeads: vision.heads, keyValueHeads: vision.heads, headWidth: vision.width / vision.heads)
    }

    var parameters: [Parameter] {
      norm1.parameters + norm2.parameters + ([queryKeyValue, output] + mlp.layers).flatMap(\.parameters)
    }

    /// - Parameter table: Row i holds the angles of row i.
    func forward(_ hidden: Value, _ table: RotaryTable, items: [AttentionItem], _ tape: Tape) -> Value {
      let width = hidden.width
      let all = queryKeyValue(norm1(hidden, tape), tape)
      let positions = (0..<Int32(hidden.rows)).map { $0 }
      let query = tape.rotary(tape.columns(all, 0..<width), positions: positions, table: table)
      let key = tape.rotary(tape.columns(all, width..<2 * width), positions: positions, table: table)
      let attended = tape.attention(
        query: query, key: key, value: tape.columns(all, 2 * width..<3 * width), heads: heads, items: items,
        precision: queryKeyValue.map.weight.precision)
      let middle = tape.add(hidden, output(attended, tape))
      let rows = norm2(middle, tape)
      let change =
        switch mlp {
        case .gated(let gate, let up, let down):
          down(tape.swiGLU(gate: gate(rows, tape), up: up(rows, tape)), tape)
        case .plain(let first, let second): second(tape.activation(.quickGelu, first(rows, tape)), tape)
        }
      return tape.add(middle, change)
    }
  }

  /// The norm of the tower's generation.
  private enum Norm: Sendable {
    case rootMeanSquare(RMSNorm)
    case layer(LayerNorm)

    init(_ name: String, _ vision: Vision, from source: any ParameterSource) {
      self =
        vision.isGated
        ? .rootMeanSquare(RMSNorm(name, width: vision.width, epsilon: 1e-6, from: source))
        : .layer(LayerNorm(name, width: vision.width, epsilon: 1e-6, from: source))
    }

    var parameters: [Parameter] {
      switch self {
      case .rootMeanSquare(let norm): [norm.weight]
      case .layer(let norm): norm.parameters
      }
    }

    func callAsFunction(_ rows: Value, _ tape: Tape) -> Value {
      switch self {
      case .rootMeanSquare(let norm): norm(rows, tape)
      case .layer(let norm): norm(rows, tape)
      }
    }
  }
}
