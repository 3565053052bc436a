internal import Images
internal import StrictJSON
internal import Tensors
internal import Tokenization
internal import Wording

/// LLaVA-HR (Luo et al. 2024): a CLIP tower reads the picture small, a ConvNeXt reads it large, and adapters mix what the
/// large one sees into the small one's blocks.
struct LlavaHR: ModelFamily {
  static let modelTypes = OriginalLayout.modelTypes
  static let summary =
    "llava_llama with is_multipath_encoder (LLaVA-HR), mod_llava_llama (γ-MoD-LLaVA-HR)"
  static func reads(_ json: JSONObject) -> Bool { json["is_multipath_encoder"] == .bool(true) }

  let name = "llava-hr"

  private let layout: OriginalLayout
  private let clip: VisionTransformerConfiguration
  private let convnext: ConvNeXtConfiguration
  private let imageSize: Int
  private let hasAdapters: Bool
  let towers: [TowerFolder]
  private static let stem = "model.vision_tower"

  init(_ files: ModelFiles) throws {
    let json = files.json
    layout = try OriginalLayout(files)
    let key = json["mm_vision_tower"] == nil ? "vision_tower" : "mm_vision_tower"
    clip = try files.clip(key)
    towers = try files.towerWeights(
      key, stem: "\(Self.stem).fast_vision_tower.vision_tower", layers: clip.layerCount)
    let name = try json.optionalString("vision_tower_slow") ?? "none"
    if let json = try files.configuration("convnext_config.json") {
      convnext = try ConvNeXtConfiguration(json)
    } else if let known = ConvNeXtConfiguration(published: name) {
      convnext = known
    } else {
      throw json.error(at: "vision_tower_slow", "the sizes of the tower \(name) are not known")
    }
    imageSize = try DecoderConfiguration.size(json, "input_image_size", default: 1024, limit: 1 << 14)
    hasAdapters = try json.optionalBool("freeze_vision") != true
    guard clip.layerCount % 4 == 0 else {
      throw json.error(
        at: key, "the tower's \(counted(clip.layerCount, "layer")) do not fall into four equal groups")
    }
    let (fast, slow) = (fastGrid * fastGrid, slowGrid * slowGrid)
    guard fast > 0, slow > 0, fast % slow == 0 || slow % fast == 0 else {
      throw json.error(
        at: "input_image_size",
        "grids of \(fastGrid) and \(slowGrid) cells a side cannot be laid on each other")
    }
  }

  /// The side of the small picture, in pixels and in patches.
  private var fastSize: Int { max(imageSize * 14 / 32, 336) }
  private var fastGrid: Int { fastSize / clip.patchSize }
  private var slowGrid: Int { imageSize / convnext.stride }
  private var slowWidth: Int { convnext.widths.last ?? 0 }

  func name(ofStored name: String) -> String? {
    // The classifier of the ConvNeXt.
    name.hasPrefix("\(Self.stem).slow_vision_tower.vision_tower.head.") ? nil : layout.name(ofStored: name)
  }

  var template: ConversationTemplate { layout.template }
  var picturesPerPrompt: Int? { layout.picturesPerPrompt }
  var pictureSide: Int? { imageSize }

  func imageProcessor(_ settings: PreprocessorSettings) throws -> (any ImageProcessor)? {
    try LLaVAHRImageProcessor(settings)
  }

  func model(_ json: JSONObject, from source: any ParameterSource) -> VisionLanguageModel {
    layout.model(self, json, images: Encoder(self, from: source), from: source)
  }

  /// Lays the large tower's cells on the small tower's patches.
  private func aligned(_ rows: Value, images: Int, _ tape: Tape) -> Value {
    let (source, target) = (slowGrid, fastGrid)
    let shape = GridShape(height: source, width: source)
    if source < target {
      let line = Resampling.alignedCorners(from: source, to: target)
      return tape.resample(rows, of: shape, rows: line, columns: line)
    }
    guard source > target else { return rows }
    let factor = source / target
    let means = (0..<target).map { cell in
      (0..<factor).map { (row: cell * factor + $0, weight: 1 / Float(factor)) }
    }
    return tape.resample(rows, of: shape, rows: means, columns: means)
  }

  private final class Encoder: SquareImageEncoder {
    private let family: LlavaHR
    private let fast: VisionTransformer
    private let slow: ConvNeXtTower
    private let adapters: [Adapter]
    private let fastOutput, slowOutput: Linear
    private let projector: Projector

    init(_ family: LlavaHR, from source: any ParameterSource) {
      self.family = family
      let (stem, width) = (LlavaHR.stem, family.clip.hiddenSize)
      fast = VisionTransformer(
        family.clip, name: "\(stem).fast_vision_tower.vision_tower.vision_model", from: source)
      let slowStem = "\(stem).slow_vision_tower.vision_tower"
      slow = ConvNeXtTower(
        family.convnext, stem: "\(slowStem).stem", stages: "\(slowStem).stages", scale: "weight", from: source
      )
      adapters =
        family.hasAdapters
        ? (0..<3).map {
          Adapter(
            "\(stem).align_stages_latent.\($0)", width: width, slowWidth: family.slowWidth, from: source)
        } : []
      func linear(_ part: String, _ inputs: Int) -> Linear {
        Linear(
          "\(stem).align_stages.0.\(part)", inputs: inputs, outputs: width, bias: true, from: source,
          deviation: 0.02)
      }
      fastOutput = linear("fast_proj", width)
      slowOutput = linear("slow_proj", family.slowWidth)
      projector = Projector(
        family.layout.projectorNames, inputs: width, outputs: family.layout.text.hiddenSize, from: source)
    }

    var imageSize: Int { family.imageSize }
    var gridSide: Int { family.fastGrid }
    var tokensPerImage: Int { gridSide * gridSide }
    var featureWidth: Int { family.clip.hiddenSize }
    var projectorParameters: [Parameter] { projector.parameters }
    var towerParameters: [Parameter] {
      fast.parameters + slow.parameters + adapters.flatMap(\.parameters) + fastOutput.parameters
        + slowOutput.parameters
    }

    func features(_ input: ImageInput, _ tape: Tape) -> Value {
      let (images, cells) = (input.views, tokensPerImage)
      let small = Resampling.alignedCorners(input.pixels, side: family.fastSize)
      // The class token is left out before the blocks, so it takes no part at all.
      let patches = tape.add(fast.patches(small, tape), positions(images, tape))
      var rows = fast.normalizedInput(patches, tape)
      let seen = slow.stages(input.pixels, tape).last?.rows ?? rows
      let items = (0..<images).map { image in
        let range = image * cells..<(image + 1) * cells
        return AttentionItem(queries: range, spans: [.rows(range)], isCausal: false)
      }
      let group = family.clip.layerCount / 4
      let shape = GridShape(height: gridSide, width: gridSide)
      for index in 0..<4 {
        rows = fast.run(index * group..<(index + 1) * group, rows, items: items, tape)
        guard index < adapters.count else { continue }
        rows = adapters[index].mix(rows, shape, with: seen, images: images, tape) {
          family.aligned($0, images: images, tape)
        }
      }
      return tape.add(
        fastOutput(rows, tape), slowOutput(family.aligned(seen, images: images, tape), tape))
    }

    /// The patches' positions, at another size where the grid differs from the stored one.
    private func positions(_ images: Int, _ tape: Tape) -> Value {
      let stored = family.clip.gridSide
      var rows = tape.embedding((1...stored * stored).map { $0 }, table: fast.positionEmbedding)
      if stored != gridSide {
        let line = Resampling.smoothCubic(from: stored, to: gridSide)
        rows = tape.resample(rows, of: GridShape(height: stored, width: stored), rows: line, columns: line)
      }
      return tape.gather(rows, rows: (0..<images).flatMap { _ in 0..<tokensPerImage })
    }

    func project(_ features: Value, of input: ImageInput, _ tape: Tape) -> Value { projector(features, tape) }
  }

  /// Mixes what the large tower sees into rows of the small one, as much of it as a gate per picture says.
  private struct Adapter: Sendable {
    let slowConvolution, slowProjection, fastProjection: Convolution
    let fastConvolution: DepthwiseConvolution
    let gate: (first: Linear, second: Linear)

    init(_ name: String, width: Int, slowWidth: Int, from source: any ParameterSource) {
      func convolution(_ part: String, _ inputs: Int, _ outputs: Int) -> Convolution {
        Convolution("\(name).\(part)", inputs: inputs, outputs: outputs, side: 1, from: source)
      }
      slowConvolution = convolution("slow_conv", slowWidth, slowWidth)
      slowProjection = convolution("slow_proj", slowWidth, width)
      fastConvolution = DepthwiseConvolution("\(name).fast_conv", channels: width, side: 7, from: source)
      fastProjection = convolution("fast_proj", width, width)
      func linear(_ part: String, _ inputs: Int, _ outputs: Int) -> Linear {
        Linear(
          "\(name).gate.\(part)", inputs: inputs, outputs: outputs, bias: true, from: source, deviation: 0.02)
      }
      gate = (linear("0", 2 * width, max(1, width / 2)), linear("2", max(1, width / 2), 1))
    }

    var parameters: [Parameter] {
      slowConvolution.parameters + slowProjection.parameters + fastConvolution.parameters
        + fastProjection.parameters + gate.first.parameters + gate.second.parameters
    }

    func mix(
      _ rows: Value, _ shape: GridShape, with slow: Value, images: Int, _ tape: Tape,
      aligned: (Value) -> Value
    ) -> Value {
      let looked = tape.activation(.gelu, slowConvolution.apply(squares: slow, tape))
      let detail = aligned(slowProjection.apply(squares: looked, tape))
      let change = fastProjection.apply(
        squares: tape.activation(.gelu, fastConvolution(rows, shape, tape)), tape)
      let mixed = tape.add(rows, change)
      let means = tape.mix(tape.besides([mixed, detail]), .means(of: shape.cells, runs: images))
      let opening = tape.tanh(gate.second(tape.activation(.gelu, gate.first(means, tape)), tape))
      let factors = tape.gather(
        opening, rows: (0..<images).flatMap { [Int](repeating: $0, count: shape.cells) })
      return tape.add(mixed, tape.scaleRows(detail, by: factors))
    }
  }
}
