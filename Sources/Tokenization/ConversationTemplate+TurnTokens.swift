extension ConversationTemplate {
  /// LLaVA on MPT.
  package static let mpt = ConversationTemplate(
    name: "mpt", style: .roleTextSeparator,
    systemOpening: "<|im_start|>system\n",
    system: "A conversation between a user and an LLM-based AI assistant. The "
      + "assistant gives helpful and honest answers.",
    roles: ["<|im_start|>user\n", "<|im_start|>assistant\n"], separator: "<|im_end|>")

  /// MGM on models with ChatML.
  package static let chatMLDirect = ConversationTemplate(
    name: "chatml_direct", style: .roleTextSeparator,
    systemOpening: "<|im_start|>system\n",
    system: "Answer the questions.",
    roles: ["<|im_start|>user\n", "<|im_start|>assistant\n"], separator: "<|im_end|>")

  /// LLaVA-NeXT on Qwen 1.5.
  package static let qwen15 = ConversationTemplate(
    name: "qwen_1_5", style: .chatML,
    systemOpening: "<|im_start|>system\n",
    system: "You are a helpful assistant.",
    roles: ["<|im_start|>user", "<|im_start|>assistant"], separator: "<|im_end|>")

  /// LLaVA-NeXT on Qwen 2.5.
  package static let qwen25 = ConversationTemplate(
    name: "qwen_2_5", style: .chatML,
    systemOpening: "<|im_start|>system\n",
    system: "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.",
    roles: ["<|im_start|>user", "<|im_start|>assistant"], separator: "<|im_end|>")

  /// γ-MoD on Phi-3.
  package static let phi3Instruct = ConversationTemplate(
    name: "phi3_instruct", style: .roleTextSeparator,
    systemOpening: "<|system|>\n", system: "You are a helpful AI assistant.",
    roles: ["\n<|user|>\n", "\n<|assistant|>\n"], separator: "<|end|>")

  /// MGM on LLaMA 3, whose assistant bears the name of the system.
  package static let llama3 = ConversationTemplate(
    name: "llama_3", style: .roleTextSeparator,
    systemOpening: "<|start_header_id|>system<|end_header_id|>\n\n",
    system: "You are a helpful language and vision "
      + "assistant. You are able to understand the visual content that the user provides, and assist "
      + "the user with a variety of tasks using natural language.",
    roles: [
      "<|start_header_id|>user<|end_header_id|>\n\n", "<|start_header_id|>system<|end_header_id|>\n\n",
    ], separator: "<|eot_id|>")

  /// MGM on Gemma.
  package static let gemmaIT = ConversationTemplate(
    name: "gemma", style: .gemma,
    system: "",
    roles: ["user", "model"], separator: "", assistantSeparator: "<eos>")
}
