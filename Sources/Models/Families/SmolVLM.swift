internal import Images
internal import StrictJSON
internal import Tensors
internal import Tokenization

/// SmolVLM, SmolVLM2 and Idefics3 (Marafioti et al. 2025): SigLIP reads tiles of the picture and the whole, and each square of its
/// patches becomes one row (pixel shuffle).
struct SmolVLM: ModelFamily {
  static let modelTypes = ["smolvlm", "idefics3"]

  let name = "smolvlm"

  private let text: DecoderConfiguration
  private let vision: VisionTransformerConfiguration
  /// Patches along one side of the square that becomes a row.
  private let square: Int
  private let imageTokenID: Int
  private let names = DecoderNames(stem: "model.text_model.", head: "lm_head.weight")

  init(_ files: ModelFiles) throws {
    let json = files.json
    var text = try DecoderConfiguration(json.object("text_config"))
    if try json.optionalBool("tie_word_embeddings") == true { text.tiesEmbeddings = true }
    self.text = text
    let usual = [("hidden_size", 1152), ("num_attention_heads", 16), ("patch_size", 32)]
    vision = try VisionTransformerConfiguration(
      json.object("vision_config").filled(with: usual), kind: .siglip)
    square = try DecoderConfiguration.size(json, "scale_factor", default: 2, limit: 64)
    imageTokenID = try json.optionalInt("image_token_id") ?? 128_257
    guard vision.gridSide % square == 0 else {
      throw json.error(
        at: "scale_factor", "\(vision.gridSide) patches a side do not fall into squares of \(square)")
    }
  }

  func name(ofStored name: String) -> String? {
    isBuffer(name) || name == names.head && text.tiesEmbeddings ? nil : name
  }

  var template: ConversationTemplate { .smolVLM }

  func imageProcessor(_ settings: PreprocessorSettings) throws -> (any ImageProcessor)? {
    try Idefics3ImageProcessor(settings)
  }

  func model(_ json: JSONObject, from source: any ParameterSource) -> VisionLanguageModel {
    VisionLanguageModel(
      self, configuration: json,
      decoder: TransformerDecoder(text, names: names, from: source), images: Encoder(self, from: source),
      imageTokenID: imageTokenID)
  }

  private var rowSide: Int { vision.gridSide / square }

  private final class Encoder: ImageEncoder {
    private let family: SmolVLM
    private let tower: VisionTransformer
    private let projection: Linear

    init(_ family: SmolVLM, from source: any ParameterSource) {
      self.family = family
      tower = VisionTransformer(family.vision, name: "model.vision_model", from: source)
      projection = Linear(
        "model.connector.modality_projection.proj",
        inputs: family.vision.hiddenSize * family.square * family.square, outputs: family.text.hiddenSize,
        bias: false, from: source, deviation: 0.02)
    }

    var towerParameters: [Parameter] { tower.parameters }
    var projectorParameters: [Parameter] { projection.parameters }

    func check(_ input: ImageInput) throws {
      let side = family.vision.imageSize
      let maskCount = input.mask?.count ?? input.views * side * side
      guard input.views > 0, input.pixels.shape == [input.views, 3, side, side],
        maskCount == input.views * side * side
      else {
        throw ModelError(
          "the pixels are \(input.pixels.shape) but the tower reads [views, 3, \(side), \(side)]; "
            + "the preprocessor and the model do not belong together")
      }
    }

    private var rowsPerView: Int { family.rowSide * family.rowSide }

    func tokenCount(of input: ImageInput) -> Int { input.views * rowsPerView }

    var blank: ImageInput {
      ImageInput(pixels: .zeros([1, 3, family.vision.imageSize, family.vision.imageSize]))
    }

    func areas(of input: ImageInput) -> [TokenArea?] {
      TokenArea.tiles(input, cells: .init(height: family.rowSide, width: family.rowSide))
    }

    /// Batches are filled up with views of zeros.
    func unpadded(_ input: ImageInput) -> ImageInput {
      guard input.views > 1, input.pixels.shape.count == 4 else { return input }
      let shown = (0..<input.views).filter { view in
        input.pixels.rows(view..<view + 1).withFloats { $0.contains { $0 != 0 } }
      }
      let kept = shown.isEmpty ? [0] : shown
      guard kept.count < input.views else { return input }
      let each = (input.mask?.count ?? 0) / input.views
      return ImageInput(
        pixels: Tensor(
          kept.flatMap { input.pixels.rows($0..<$0 + 1).floats() },
          shape: [kept.count] + input.pixels.shape.dropFirst()),
        mask: input.mask.map { mask in kept.flatMap { mask[$0 * each..<($0 + 1) * each] } })
    }

    func features(_ input: ImageInput, _ tape: Tape) -> Value {
      let (views, grid) = (input.views, family.vision.gridSide)
      let patches = family.vision.patchCount
      var (places, items) = ([Int](), [AttentionItem]())
      for view in 0..<views {
        let shown = shownPatches(input, view: view)
        places += positions(shown)
        let range = view * patches..<(view + 1) * patches
        items.append(
          AttentionItem(
            queries: range,
            spans: Self.runs(shown).map {
              .rows($0.lowerBound + range.lowerBound..<$0.upperBound + range.lowerBound)
            },
            isCausal: false))
      }
      let positions = tape.embedding(places, table: tower.positionEmbedding)
      let rows = tape.add(tower.patches(input.pixels, tape), positions)
      precondition(rows.rows == views * grid * grid)
      let hidden = tower.run(
        0..<family.vision.layerCount, tower.normalizedInput(rows, tape), items: items, tape)
      return tower.normalizedOutput(hidden, tape)
    }

    /// Whether each patch of a view shows any of the picture.
    private func shownPatches(_ input: ImageInput, view: Int) -> [Bool] {
      let (side, patch, grid) = (family.vision.imageSize, family.vision.patchSize, family.vision.gridSide)
      guard let mask = input.mask else { return [Bool](repeating: true, count: grid * grid) }
      let start = view * side * side
      let shown = (0..<grid * grid).map { index in
        let corner = start + index / grid * patch * side + index % grid * patch
        return (0..<patch).contains { line in
          mask[corner + line * side..<corner + line * side + patch].contains(true)
        }
      }
      // A view of nothing but padding still has to attend to something.
      return shown.contains(true) ? shown : shown.map { _ in true }
    }

    /// A patch's position: its place among the patches that show the picture, spread over the whole grid.
    private func positions(_ shown: [Bool]) -> [Int] {
      let grid = family.vision.gridSide
      let rows = (0..<grid).count { shown[$0 * grid] }
      let columns = (0..<grid).count { shown[$0] }
      func bucket(_ index: Int, of count: Int) -> Int {
        let share = min(Float(index) * (1 / Float(max(1, count))), 1 - 1e-6)
        return (1..<grid).count { Float($0) * (1 / Float(grid)) <= share }
      }
      let vertical = (0..<grid).map { bucket($0, of: rows) }
      let horizontal = (0..<grid).map { bucket($0, of: columns) }
      return shown.indices.map { shown[$0] ? vertical[$0 / grid] * grid + horizontal[$0 % grid] : 0 }
    }

    private static func runs(_ shown: [Bool]) -> [Range<Int>] {
      var result: [Range<Int>] = []
      for (index, isShown) in shown.enumerated() where isShown {
        if let last = result.last, last.upperBound == index {
          result[result.count - 1] = last.lowerBound..<index + 1
        } else {
          result.append(index..<index + 1)
        }
      }
      return result
    }

    func project(_ features: Value, of input: ImageInput, _ tape: Tape) -> Value {
      let grid = GridShape(height: family.vision.gridSide, width: family.vision.gridSide)
      return projection(tape.shuffled(features, of: grid, side: family.square), tape)
    }
  }
}
