extension ConversationTemplate {
  /// LLaMA 2 Chat.
  package static let llama2Chat = ConversationTemplate(
    name: "llama_2", style: .llama2,
    system: "You are a helpful, respectful and honest assistant. Always answer as helpfully as possible, "
      + "while being safe.  Your answers should not include any harmful, unethical, racist, sexist, "
      + "toxic, dangerous, or illegal content. Please ensure that your responses are socially unbiased "
      + "and positive in nature.\n\nIf a question does not make any sense, or is not factually "
      + "coherent, explain why instead of answering something not correct. If you don't know the "
      + "answer to a question, please don't share false information.",
    roles: ["USER", "ASSISTANT"], separator: "<s>", assistantSeparator: "</s>")

  /// LLaVA on LLaMA 2 Chat.
  package static let llavaLlama2 = ConversationTemplate(
    name: "llava_llama_2", style: .llama2,
    system: "You are a helpful language and vision assistant. You are able to understand the visual "
      + "content that the user provides, and assist the user with a variety of tasks using natural "
      + "language.",
    roles: ["USER", "ASSISTANT"], separator: "<s>", assistantSeparator: "</s>")

  /// MGM on Mistral Instruct.
  package static let mistralInstruct = ConversationTemplate(
    name: "mistral_instruct", style: .llama2,
    system: "",
    roles: ["USER", "ASSISTANT"], separator: "<s>", assistantSeparator: "</s>")

  /// γ-MoD on a Chinese LLaMA.
  package static let siyuan = ConversationTemplate(
    name: "siyuan", style: .llama2,
    system: "你是思源，一个由厦门大学、北京大学深圳研究生院、合肥综合性国家科学中心人工智能研究院（安徽省人工智能实验室）、安徽淘云科技股份有限公司合作研发的人工智能助手。"
      + "在保证安全的前提下，回答问题要尽可能有帮助。你的答案不应该包含任何有害的、不道德的、种族主义的、性别歧视的、有毒的、危险的或非法的内容。请确保你的回答在社会上是公正和积极的。"
      + "如果一个问题没有任何意义，或者与事实不一致，解释为什么，而不是回答不正确的问题。如果你不知道问题的答案，请不要分享虚假信息。",
    roles: ["USER", "ASSISTANT"], separator: "<s>", assistantSeparator: "</s>")
}
