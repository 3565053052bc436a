internal import StrictJSON

/// Decoders without pictures: LLaMA (Touvron et al. 2023), Mistral, Qwen2 and Qwen3.
struct PlainDecoder: ModelFamily {
  private let configuration: DecoderConfiguration
  private let names = DecoderNames(stem: "model.", head: "lm_head.weight")

  init(_ files: ModelFiles) throws { configuration = try DecoderConfiguration(files.json) }

  func name(ofStored name: String) -> String? {
    isBuffer(name) || name == names.head && configuration.tiesEmbeddings ? nil : name
  }

  func model(_ json: JSONObject, from source: any ParameterSource) -> VisionLanguageModel {
    VisionLanguageModel(
      family: configuration.kind.rawValue, configuration: json,
      decoder: TransformerDecoder(configuration, names: names, from: source), images: nil, imageTokenID: nil)
  }
}
