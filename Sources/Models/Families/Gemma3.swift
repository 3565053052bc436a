internal import Images
internal import StrictJSON
internal import Tensors
internal import Tokenization
internal import Wording

/// Gemma 3 (Gemma Team 2025): SigLIP's patches, a square of them as one row, in front of a decoder in which the rows of a
/// picture see each other.
struct Gemma3: ModelFamily {
  static let modelTypes = ["gemma3"]

  let name = "gemma3"

  private let text: DecoderConfiguration
  private let vision: VisionTransformerConfiguration
  /// Patches along one side of the square that becomes a row.
  private let square: Int
  private let imageTokenID: Int
  private let names = HubNames()

  init(_ files: ModelFiles) throws {
    let json = files.json
    var text = try DecoderConfiguration(json.object("text_config"), kind: .gemma3)
    if let ties = try json.optionalBool("tie_word_embeddings") { text.tiesEmbeddings = ties }
    text.picturesSeeThemselves = true
    // Only the decoder without pictures bends its logits.
    text.largestLogit = nil
    self.text = text
    vision = try VisionTransformerConfiguration(json.object("vision_config"), kind: .siglip)
    imageTokenID = try json.optionalInt("image_token_index") ?? json.optionalInt("image_token_id") ?? 262_144
    let tokens = try DecoderConfiguration.size(json, "mm_tokens_per_image", default: 256, limit: 1 << 16)
    let side = Int(Double(tokens).squareRoot())
    square = vision.gridSide / side
    guard side * side == tokens, square > 0, vision.gridSide / square == side else {
      throw json.error(
        at: "mm_tokens_per_image",
        "\(vision.gridSide) patches a side cannot become a square of \(counted(tokens, "row"))")
    }
  }

  func name(ofStored name: String) -> String? {
    names.name(ofStored: name, tiesEmbeddings: text.tiesEmbeddings)
  }

  var template: ConversationTemplate { .gemma3 }
  var pictureMark: String? { "<start_of_image>" }

  func imageProcessor(_ settings: PreprocessorSettings) throws -> (any ImageProcessor)? {
    try CLIPImageProcessor(gemma: settings, side: vision.imageSize)
  }

  func model(_ json: JSONObject, from source: any ParameterSource) -> VisionLanguageModel {
    VisionLanguageModel(
      self, configuration: json,
      decoder: TransformerDecoder(text, names: names.decoder, from: source),
      images: Encoder(self, from: source), imageTokenID: imageTokenID)
  }

  private final class Encoder: SquareImageEncoder {
    private let tower: VisionTransformer
    private let norm: RMSNorm
    /// - Shape: `[tower width, decoder width]`
    private let projection: Parameter
    private let square: Int

    init(_ family: Gemma3, from source: any ParameterSource) {
      square = family.square
      let (width, stem) = (family.vision.hiddenSize, "multi_modal_projector")
      tower = VisionTransformer(family.vision, name: "vision_tower.vision_model", from: source)
      norm = RMSNorm(
        "\(stem).mm_soft_emb_norm", width: width, epsilon: family.vision.normEpsilon, offset: 1, from: source)
      projection = source.parameter(
        "\(stem).mm_input_projection_weight", [width, family.text.hiddenSize],
        initial: .normal(deviation: 0.02))
    }

    var imageSize: Int { tower.configuration.imageSize }
    var featureWidth: Int { tower.configuration.hiddenSize }
    var gridSide: Int { tower.configuration.gridSide / square }
    var tokensPerImage: Int { gridSide * gridSide }
    var towerParameters: [Parameter] { tower.parameters }
    var projectorParameters: [Parameter] { [norm.weight, projection] }

    func features(_ input: ImageInput, _ tape: Tape) -> Value {
      tower.normalizedOutput(
        tower.features(input.pixels, layers: [-1], keepsFirst: true, tape), tape)
    }

    func project(_ features: Value, of input: ImageInput, _ tape: Tape) -> Value {
      let side = tower.configuration.gridSide
      let means = (0..<gridSide).map { cell in
        (0..<square).map { (row: cell * square + $0, weight: 1 / Float(square)) }
      }
      let pooled = tape.resample(
        features, of: GridShape(height: side, width: side), rows: means, columns: means)
      return tape.linear(norm(pooled, tape), tape.transposed(tape.value(of: projection)))
    }
  }
}
