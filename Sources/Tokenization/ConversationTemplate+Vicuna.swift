extension ConversationTemplate {
  /// LLaVA-1.5, LLaVA-HR, γ-MoD and MGM on Vicuna.
  package static let vicunaV1 = ConversationTemplate(
    name: "vicuna_v1", style: .two,
    system: chat(with: "user"),
    roles: ["USER", "ASSISTANT"], separator: " ", assistantSeparator: "</s>")

  /// ``vicunaV1`` under the name of its version.
  package static let v1 = ConversationTemplate(
    name: "v1", style: .two,
    system: chat(with: "user"),
    roles: ["USER", "ASSISTANT"], separator: " ", assistantSeparator: "</s>")

  /// The first LLaVA on Vicuna 1.1.
  package static let llavaV1 = ConversationTemplate(
    name: "llava_v1", style: .two,
    system: chat(with: "human"),
    roles: ["USER", "ASSISTANT"], separator: " ", assistantSeparator: "</s>")

  /// MGM, for pictures with their own marks.
  package static let imgspV1 = ConversationTemplate(
    name: "imgsp_v1", style: .two,
    system: chat(with: "user"),
    roles: ["USER", "ASSISTANT"], separator: " ", assistantSeparator: "</s>")

  /// MGM on Phi-2.
  package static let phi2 = ConversationTemplate(
    name: "phi_2", style: .two,
    system: chat(with: "user"),
    roles: ["USER", "ASSISTANT"], separator: " ", assistantSeparator: "<|endoftext|>")

  /// The first LLaVA on Vicuna 0.
  package static let llavaV0 = ConversationTemplate(
    name: "llava_v0", style: .single,
    system: chat(with: "human"),
    roles: ["Human", "Assistant"], separator: "###")

  /// LLaVA on Vicuna 0, the picture in a turn of its own.
  package static let v0MMTag = ConversationTemplate(
    name: "v0_mmtag", style: .single,
    system: tagged,
    roles: ["Human", "Assistant"], separator: "###", tagsImage: true)

  /// LLaVA on Vicuna 1.1, the picture in a turn of its own.
  package static let v1MMTag = ConversationTemplate(
    name: "v1_mmtag", style: .two,
    system: tagged,
    roles: ["USER", "ASSISTANT"], separator: " ", assistantSeparator: "</s>", tagsImage: true)

  /// Pre-training of projectors: a picture and its caption.
  package static let plain = ConversationTemplate(
    name: "plain", style: .plain,
    system: "",
    roles: ["", ""], separator: "\n")

  /// LLaVA-1.5 as the Hugging Face libraries write it, without a system text.
  package static let llavaHuggingFace = ConversationTemplate(
    name: "llava_hf", style: .two, system: "", roles: ["USER", "ASSISTANT"], separator: " ",
    assistantSeparator: "</s>")

  static func chat(with human: String) -> String {
    "A chat between a curious \(human) and an artificial intelligence assistant. The assistant gives helpful, "
      + "detailed, and polite answers to the \(human)'s questions."
  }

  private static let tagged =
    "A chat between a curious user and an artificial intelligence assistant. The assistant is able "
    + "to understand the visual content that the user provides, and assist the user with a variety "
    + "of tasks using natural language.The visual content will be provided with the following "
    + "format: <Image>visual content</Image>."
}
