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
    let block: AxialVisionBlock.Shape
    let depth: Int
    let patches: MergedPatches
    /// Rows along one side of a window; nil where every block sees the whole picture.
    let window: Int?
    /// Blocks that see the whole picture.
    let wholeBlocks: Set<Int>

    /// - Parameter isFirst: Whether the model is Qwen2-VL, whose tower is a plain transformer.
    init(_ json: JSONObject, isFirst: Bool) throws {
      func size(_ key: String, _ fallback: Int) throws -> Int {
        try DecoderConfiguration.size(json, key, default: fallback, limit: 1 << 16)
      }
      let width = isFirst ? try size("embed_dim", 1280) : try size("hidden_size", 3584)
      block = AxialVisionBlock.Shape(
        width: width,
        intermediate: isFirst ? try size("mlp_ratio", 4) * width : try size("intermediate_size", 3420),
        heads: try size("num_heads", 16),
        norm: isFirst ? .layer : .rootMeanSquare,
        mlp: isFirst ? .plain(.quickGelu, "mlp.fc1", "mlp.fc2") : .gated)
      depth = try DecoderConfiguration.size(
        json, "depth", default: 32, limit: DecoderConfiguration.layerLimit)
      patches = try MergedPatches(json, patch: 14)
      window = isFirst ? nil : try size("window_size", 112) / patches.merge / patches.patch
      wholeBlocks = Set(try json.optionalInts("fullatt_block_indexes") ?? [7, 15, 23, 31])
      guard block.isSound, window != 0 else {
        throw json.error(
          at: "num_heads",
          "heads must divide the width into multiples of 4, and windows hold at least one row")
      }
    }
  }

  init(_ files: ModelFiles) throws {
    let json = files.json
    var text = try DecoderConfiguration(json.optionalObject("text_config") ?? json, kind: .qwen2)
    if try json.optionalBool("tie_word_embeddings") == true { text.tiesEmbeddings = true }
    self.text = text
    isFirst = try json.optionalString("model_type") == "qwen2_vl"
    vision = try Vision(json.object("vision_config"), isFirst: isFirst)
    imageTokenID = try json.optionalInt("image_token_id") ?? 151_655
    guard text.rope.axes != nil else {
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

  private final class Encoder: MergedPatchEncoder {
    private let family: QwenVL
    private let patchEmbedding: Parameter
    private let blocks: [AxialVisionBlock]
    private let mergeNorm: AxialVisionBlock.Norm
    private let first, second: Linear

    init(_ family: QwenVL, from source: any ParameterSource) {
      self.family = family
      let (vision, patches) = (family.vision, family.vision.patches)
      patchEmbedding = source.parameter(
        "visual.patch_embed.proj.weight",
        [vision.block.width, 3, patches.frames, patches.patch, patches.patch],
        initial: .normal(deviation: 0.02), role: .matrix)
      blocks = (0..<vision.depth).map { AxialVisionBlock("visual.blocks.\($0)", vision.block, from: source) }
      mergeNorm = vision.block.norm("visual.merger.ln_q", from: source)
      let merged = vision.block.width * patches.cell
      func linear(_ part: String, _ outputs: Int) -> Linear {
        Linear(
          "visual.merger.mlp.\(part)", inputs: merged, outputs: outputs, bias: true, from: source,
          deviation: 0.02)
      }
      first = linear("0", merged)
      second = linear("2", family.text.hiddenSize)
    }

    var patches: MergedPatches { family.vision.patches }
    var towerParameters: [Parameter] { [patchEmbedding] + blocks.flatMap(\.parameters) }
    var projectorParameters: [Parameter] { mergeNorm.parameters + first.parameters + second.parameters }

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
      let (vision, grid, cell) = (family.vision, patches.cells(input), patches.cell)
      let windows = windows(grid)
      // The patches come cell by cell; the blocks take the cells window by window.
      let order = windows.joined().flatMap { square in (0..<cell).map { square * cell + $0 } }
      let rows = tape.linear(Value(constant: input.pixels), patchEmbedding)
      var hidden = tape.gather(rows, rows: order)
      let places = patches.places(grid)
      let table = MergedPatches.angles(headWidth: vision.block.headWidth, places: order.map { places[$0] })
      var start = 0
      let parts = windows.map { window -> AttentionItem in
        defer { start += window.count * cell }
        let range = start..<start + window.count * cell
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
      let grid = patches.cells(input)
      let merged = tape.reshaped(
        mergeNorm(features, tape), [grid.cells, family.vision.block.width * patches.cell])
      let rows = second(tape.activation(.gelu, first(merged, tape)), tape)
      // Back from the order of the windows.
      var places = [Int](repeating: 0, count: grid.cells)
      for (row, cell) in windows(grid).joined().enumerated() { places[cell] = row }
      return tape.gather(rows, rows: places)
    }
  }
}
