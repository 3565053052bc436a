internal import Images
internal import StrictJSON
internal import Tokenization

/// Decoders without pictures: LLaMA (Touvron et al. 2023), Mistral, Qwen2, Qwen3, Gemma 3 and LFM2.
struct PlainDecoder: ModelFamily {
  static let modelTypes = DecoderKind.allCases.map { $0.rawValue }
  static let summary = modelTypes.joined(separator: ", ") + " (text only)"

  private let configuration: DecoderConfiguration
  private let names = DecoderNames(stem: "model.", head: "lm_head.weight")

  init(_ files: ModelFiles) throws { configuration = try DecoderConfiguration(files.json) }

  func name(ofStored name: String) -> String? {
    isBuffer(name) || name == names.head && configuration.tiesEmbeddings ? nil : name
  }

  var name: String { configuration.kind.rawValue }
  var template: ConversationTemplate { configuration.kind.template }

  func imageProcessor(_ settings: PreprocessorSettings) -> (any ImageProcessor)? { nil }

  func model(_ json: JSONObject, from source: any ParameterSource) -> VisionLanguageModel {
    VisionLanguageModel(
      self, configuration: json, decoder: TransformerDecoder(configuration, names: names, from: source))
  }
}

extension DecoderKind {
  /// The conversation template of models that such a decoder is the usual part of.
  var template: ConversationTemplate {
    switch self {
    case .llama: .vicunaV1
    case .mistral: .mistral
    case .qwen2, .qwen3: .qwen25
    case .qwen3VL: .qwen3VL
    case .gemma3: .gemma3
    case .lfm2: .lfm2
    }
  }
}
