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
    turns.tilesPictures = true
    return ConversationTemplate(
      name: "smolvlm", style: .turns, systemOpening: "System: ", system: "", roles: ["User:", "Assistant:"],
      separator: "<end_of_utterance>\n", turns: turns)
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

  /// `prompt` with every picture written out as its tiles, where the template's models cut pictures up.
  ///
  /// Each picture's part then stands for the rows of one tile: the tiles of each row of the grid and at last the whole
  /// picture, between words that name the places.
  /// - Parameter grids: Of each picture in the order of the prompt.
  /// - Throws: ``TokenizationError`` if there are more or fewer grids than pictures.
  package func tilingPictures(in prompt: PromptText, grids: [PictureGrid]) throws -> PromptText {
    guard turns.tilesPictures else { return prompt }
    guard grids.count == prompt.pictureCount else {
      throw TokenizationError.invalidConversation(
        template: name,
        reason:
          "it has \(counted(prompt.pictureCount, "picture")), but \(counted(grids.count, "is", "are")) given")
    }
    var rest = grids[...]
    return prompt.replacing { part in part == .picture ? rest.popFirst()?.text : nil }
  }
}

/// Into how many tiles a picture is cut; 0 × 0 if it is not.
package struct PictureGrid: Sendable, Equatable {
  package var rows: Int
  package var columns: Int

  package init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
  }

  fileprivate var text: PromptText {
    let around = "<fake_token_around_image>"
    var text = PromptText()
    if rows > 0, columns > 0 {
      for row in 1...rows {
        for column in 1...columns {
          text += .control("\(around)<row_\(row)_col_\(column)>") + .picture
        }
        text += .control("\n")
      }
      text += .control("\n")
    }
    return text + .control("\(around)<global-img>") + .picture + .control(around)
  }
}
