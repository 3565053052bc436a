internal import Wording

/// The chat templates that models of Hugging Face's libraries bring along, for conversations without tools.
extension ConversationTemplate {
  /// Qwen2-VL and Qwen2.5-VL.
  package static let qwen2VL: ConversationTemplate = {
    var turns = TurnFormat()
    turns.pictureTags = ["<|vision_start|>", "<|vision_end|>"]
    return ConversationTemplate(
      name: "qwen2_vl", style: .turns, systemOpening: "<|im_start|>system\n",
      system: "You are a helpful assistant.",
      roles: ["<|im_start|>user\n", "<|im_start|>assistant\n"], separator: "<|im_end|>\n", turns: turns)
  }()

  /// Qwen3-VL, which has no system text of its own.
  package static let qwen3VL: ConversationTemplate = {
    var template = qwen2VL
    (template.name, template.system) = ("qwen3_vl", PromptText())
    return template
  }()

  /// LLaVA-OneVision on Qwen 2.
  package static let llavaOneVision: ConversationTemplate = {
    var turns = TurnFormat()
    turns.beforeText = "\n"
    turns.openAnswer = "<|im_start|>assistant\n"
    return ConversationTemplate(
      name: "llava_onevision", style: .turns, systemOpening: "<|im_start|>system \n", system: "",
      roles: ["<|im_start|>user ", "<|im_start|>assistant "], separator: "<|im_end|>", turns: turns)
  }()

  /// Idefics 3, SmolVLM and SmolVLM 2.
  package static let smolVLM: ConversationTemplate = {
    var turns = TurnFormat()
    turns.opening = "<|im_start|>"
    turns.openAnswer = "Assistant:"
    turns.beforeTextAlone = " "
    turns.pictures = .tiles(.idefics3)
    return ConversationTemplate(
      name: "smolvlm", style: .turns, systemOpening: "System: ", system: "", roles: ["User:", "Assistant:"],
      separator: "<end_of_utterance>\n", turns: turns)
  }()

  /// Gemma 3, whose system text stands in front of the first question.
  package static let gemma3: ConversationTemplate = {
    var turns = TurnFormat()
    turns.pictures = .tagged("\n\n<start_of_image>", "<end_of_image>\n\n")
    turns.trimsText = true
    turns.opensWithSystem = false
    return ConversationTemplate(
      name: "gemma_3", style: .turns, system: "",
      roles: ["<start_of_turn>user\n", "<start_of_turn>model\n"], separator: "<end_of_turn>\n", turns: turns)
  }()

  /// LFM2 and LFM2-VL.
  package static let lfm2: ConversationTemplate = {
    var turns = TurnFormat()
    turns.pictures = .tiles(.lfm2)
    return ConversationTemplate(
      name: "lfm2", style: .turns, systemOpening: "<|im_start|>system\n", system: "",
      roles: ["<|im_start|>user\n", "<|im_start|>assistant\n"], separator: "<|im_end|>\n", turns: turns)
  }()

  /// LLaMA 3 Instruct, and LLaVA models on it.
  package static let llama3Instruct: ConversationTemplate = {
    var turns = TurnFormat()
    turns.afterPicture = "\n"
    turns.trimsText = true
    return ConversationTemplate(
      name: "llama_3_instruct", style: .turns,
      systemOpening: "<|start_header_id|>system<|end_header_id|>\n\n", system: "",
      roles: [
        "<|start_header_id|>user<|end_header_id|>\n\n", "<|start_header_id|>assistant<|end_header_id|>\n\n",
      ], separator: "<|eot_id|>", turns: turns)
  }()

  /// Mistral Instruct, and LLaVA-NeXT on it.
  package static let mistral: ConversationTemplate = {
    var turns = TurnFormat()
    turns.afterPicture = "\n"
    turns.openAnswer = ""
    turns.opensWithSystem = false
    return ConversationTemplate(
      name: "mistral", style: .turns, system: "", roles: ["[INST] ", " "], separator: " [/INST]",
      assistantSeparator: "</s>", turns: turns)
  }()

  /// Mistral 3, and Pixtral: pictures are written line by line.
  package static let pixtral: ConversationTemplate = {
    var turns = TurnFormat()
    turns.openAnswer = ""
    turns.opensWithSystem = false
    turns.pictures = .lines(between: "[IMG_BREAK]", behind: "[IMG_END]")
    return ConversationTemplate(
      name: "pixtral", style: .turns, system: "", roles: ["[INST]", ""], separator: "[/INST]",
      assistantSeparator: "</s>", turns: turns)
  }()

  /// InternVL 3 and 3.5 in Hugging Face's layout.
  package static let internVL: ConversationTemplate = {
    var turns = TurnFormat()
    turns.pictures = .tagged("<img>", "</img>")
    turns.afterPicture = "\n"
    return ConversationTemplate(
      name: "internvl", style: .turns, systemOpening: "<|im_start|>system\n", system: "",
      roles: ["<|im_start|>user\n", "<|im_start|>assistant\n"], separator: "<|im_end|>\n", turns: turns)
  }()

  /// InternVL 2.5 to 3.5 in their own code, which tells the model who it is.
  package static let internVLChat: ConversationTemplate = {
    var template = internVL
    template.name = "internvl2_5"
    template.system = .control(
      "你是书生·万象，英文名是InternVL，是由上海人工智能实验室、清华大学及多家合作单位联合开发的多模态大语言模型。")
    return template
  }()

  /// `prompt` with every picture written out as the template's models read it, whatever template wrote the prompt.
  ///
  /// Where pictures are cut up, a picture's part then stands for the rows of one tile or of one line.
  /// - Parameter grids: Of each picture in the order of the prompt.
  /// - Throws: ``TokenizationError`` if there are more or fewer grids than pictures.
  package func tilingPictures(in prompt: PromptText, grids: [PictureGrid]) throws -> PromptText {
    guard let writing = turns.pictures else { return prompt }
    guard grids.count == prompt.pictureCount else {
      throw TokenizationError.invalidConversation(
        template: name,
        reason:
          "it has \(counted(prompt.pictureCount, "picture")), but \(counted(grids.count, "is", "are")) given")
    }
    var rest = grids[...]
    return prompt.replacing { part in part == .picture ? rest.popFirst().map(writing.text) : nil }
  }
}
