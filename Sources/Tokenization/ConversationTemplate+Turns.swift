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
    turns.tiles = .idefics3
    return ConversationTemplate(
      name: "smolvlm", style: .turns, systemOpening: "System: ", system: "", roles: ["User:", "Assistant:"],
      separator: "<end_of_utterance>\n", turns: turns)
  }()

  /// Gemma 3, whose system text stands in front of the first question.
  package static let gemma3: ConversationTemplate = {
    var turns = TurnFormat()
    turns.pictureTags = ["\n\n<start_of_image>", "<end_of_image>\n\n"]
    turns.trimsText = true
    turns.opensWithSystem = false
    return ConversationTemplate(
      name: "gemma_3", style: .turns, system: "",
      roles: ["<start_of_turn>user\n", "<start_of_turn>model\n"], separator: "<end_of_turn>\n", turns: turns)
  }()

  /// LFM2 and LFM2-VL.
  package static let lfm2: ConversationTemplate = {
    var turns = TurnFormat()
    turns.tiles = .lfm2
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

  /// `prompt` with every picture written out as its tiles, where the template's models cut pictures up.
  ///
  /// Each picture's part then stands for the rows of one tile: the tiles of each row of the grid and at last the whole
  /// picture, between words that name the places.
  /// - Parameter grids: Of each picture in the order of the prompt.
  /// - Throws: ``TokenizationError`` if there are more or fewer grids than pictures.
  package func tilingPictures(in prompt: PromptText, grids: [PictureGrid]) throws -> PromptText {
    guard let words = turns.tiles else { return prompt }
    guard grids.count == prompt.pictureCount else {
      throw TokenizationError.invalidConversation(
        template: name,
        reason:
          "it has \(counted(prompt.pictureCount, "picture")), but \(counted(grids.count, "is", "are")) given")
    }
    var rest = grids[...]
    return prompt.replacing { part in part == .picture ? rest.popFirst()?.text(words) : nil }
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

  fileprivate func text(_ words: TileWords) -> PromptText {
    var text = PromptText.control(words.opening)
    if rows > 0, columns > 0 {
      for row in 1...rows {
        for column in 1...columns { text += .control(words.tile(row, column)) + .picture }
        text += .control(words.afterRow)
      }
      text += .control(words.afterRows)
    }
    let front = rows > 0 && columns > 0 ? words.whole : words.alone
    return text + .control(front) + .picture + .control(words.closing)
  }
}

/// The words around the tiles of a picture and the view of the whole behind them.
package enum TileWords: Sendable, Equatable {
  case idefics3, lfm2

  private static let around = "<fake_token_around_image>"

  fileprivate var opening: String { self == .lfm2 ? "<|image_start|>" : "" }

  fileprivate func tile(_ row: Int, _ column: Int) -> String {
    switch self {
    case .idefics3: "\(Self.around)<row_\(row)_col_\(column)>"
    case .lfm2: "<|img_row_\(row)_col_\(column)|>"
    }
  }

  fileprivate var afterRow: String { self == .idefics3 ? "\n" : "" }
  fileprivate var afterRows: String { self == .idefics3 ? "\n" : "" }
  /// In front of the whole picture behind tiles, and of one that was not cut up.
  fileprivate var whole: String { self == .idefics3 ? "\(Self.around)<global-img>" : "<|img_thumbnail|>" }
  fileprivate var alone: String { self == .idefics3 ? whole : "" }
  fileprivate var closing: String { self == .idefics3 ? Self.around : "<|image_end|>" }
}
