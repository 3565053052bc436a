package import Models
package import Tokenization

extension ConversationTemplate {
  /// The template that a model's family was trained with; vicuna_v1 where the configuration does not tell.
  package static func usual(for model: VisionLanguageModel) -> ConversationTemplate {
    switch (model.family, model.decoder.configuration.kind) {
    case ("llava-onevision", _): .llavaOneVision
    case ("smolvlm", _): .smolVLM
    case ("qwen2-vl", _), ("qwen2.5-vl", _): .qwen2VL
    case (_, .qwen2), (_, .qwen3): .qwen25
    case (_, .mistral): .mistral
    case (_, .llama): .vicunaV1
    }
  }
}
