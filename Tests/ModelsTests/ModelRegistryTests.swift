import Checkpoints
import Foundation
import Images
import StrictJSON
import Tensors
import Testing
import Tokenization

@testable import Models

/// Families are found by their types, can be added, and say how their models are asked.
@Suite struct ModelRegistryTests {
  /// A family of somebody else's.
  private struct Parrot: ModelFamily {
    static let modelTypes = ["parrot", "llama"]
    static func reads(_ json: JSONObject) -> Bool { json["talks"] == true }
    let name = "parrot"
    let template = ConversationTemplate.plain
    private let configuration: DecoderConfiguration

    init(_ files: ModelFiles) throws { configuration = try DecoderConfiguration(files.json, kind: .llama) }

    func name(ofStored name: String) -> String? { name }

    func model(_ json: JSONObject, from source: any ParameterSource) -> VisionLanguageModel {
      VisionLanguageModel(
        self, configuration: json,
        decoder: TransformerDecoder(
          configuration, names: DecoderNames(stem: "bird.", head: "beak"), from: source))
    }

    func imageProcessor(_ settings: PreprocessorSettings) -> (any ImageProcessor)? { nil }
  }

  private static let models = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../Fixtures/models").standardized

  private func configuration(_ name: String) throws -> JSONObject {
    try JSONObject.read(contentsOf: Self.models.appending(path: "\(name)/config.json"))
  }

  @Test func aFamilyCanBeAdded() throws {
    let registry = ModelRegistry.standard.adding(Parrot.self)
    var json = try configuration("llama-text")
    #expect(try registry.random(json, seed: 1).family == "llama")
    json["talks"] = true
    let model = try registry.random(json, seed: 1)
    #expect(model.family == "parrot" && model.template == .plain)
    #expect(model.parameters.contains { $0.name == "bird.norm.weight" })
    #expect(try model.imageProcessor(FolderDocuments(Self.models)) == nil)
    // The standard stays as it is.
    #expect(try ModelRegistry.standard.random(json, seed: 1).family == "llama")
    json["model_type"] = "parrot"
    let error = #expect(throws: ModelError.self) { try ModelRegistry.standard.random(json, seed: 1) }
    #expect(
      error?.description
        == "config.json: the model type parrot is not supported; supported are llama, mistral, qwen2, qwen3, lfm2, qwen3_vl_text, gemma3_text (text only); "
        + "mistral3, llava with a Pixtral tower; llava (LLaVA-1.5 in Hugging Face layout); llava_llama with is_multipath_encoder (LLaVA-HR), mod_llava_llama "
        + "(γ-MoD-LLaVA-HR); llava, llava_llama, llava_mistral, llava_qwen (LLaVA-1.5, LLaVA-NeXT and "
        + "LLaVA-OneVision in their own code's layout); mgm (Mini-Gemini, also HD), mod_mgm "
        + "(γ-MoD-Mini-Gemini); llava_next, llava_onevision; smolvlm, idefics3; qwen2_vl, qwen2_5_vl; qwen3_vl; internvl, internvl_chat; fast_vlm, "
        + "llava_qwen2; gemma3; lfm2_vl"
    )
  }

  @Test(arguments: [
    ("llava-1.5-hf", "vicuna_v1", "CLIPImageProcessor"), ("llava-orig", "vicuna_v1", "CLIPImageProcessor"),
    ("llava-hr", "vicuna_v1", "LLaVAHRImageProcessor"),
    ("gamma-llava-hr", "vicuna_v1", "LLaVAHRImageProcessor"),
    ("mgm-hd", "vicuna_v1", "MGMImageProcessor"),
    ("llava-onevision", "llava_onevision", "LLaVAOneVisionImageProcessor"),
    ("llava-next", "vicuna_v1", "LLaVAOneVisionImageProcessor"),
    ("internvl", "internvl", "InternVLImageProcessor"), ("mistral3", "pixtral", "PixtralImageProcessor"),
    ("smolvlm", "smolvlm", "Idefics3ImageProcessor"), ("qwen2.5-vl", "qwen2_vl", "QwenVLImageProcessor"),
    ("llama-text", "vicuna_v1", ""), ("mistral-text", "mistral", ""), ("qwen2-text", "qwen_2_5", ""),
    ("qwen3-text", "qwen_2_5", ""), ("qwen3-vl", "qwen3_vl", "QwenVLImageProcessor"),
    ("gemma3", "gemma_3", "CLIPImageProcessor"), ("gemma3-text", "gemma_3", ""),
    ("lfm2-vl", "lfm2", "LFM2VLImageProcessor"), ("lfm2-text", "lfm2", ""),
  ])
  func familiesSayHowTheirModelsAreAsked(name: String, template: String, processor: String) throws {
    let json = try configuration(name)
    let folder = try CheckpointFolder(Self.models.appending(path: name))
    let family = try ModelRegistry.standard.family(ModelFiles(json: json, folder: folder))
    #expect(family.template.name == template)
    let settings = JSONObject([("image_grid_pinpoints", .array([[28, 28]]))])
    let made = try family.imageProcessor(PreprocessorSettings(settings, model: json))
    #expect(made.map { "\(type(of: $0))" } ?? "" == processor)
    if made == nil { return }
    if family.pictureSide != nil {
      #expect(try family.imageProcessor(FolderDocuments(folder.url), json) != nil)
    } else {
      // Nothing says how these families' pictures are made.
      let error = #expect(throws: (any Error).self) {
        try family.imageProcessor(FolderDocuments(folder.url), json)
      }
      #expect("\(error as Any)".contains("preprocessor_config.json"))
    }
  }
}
