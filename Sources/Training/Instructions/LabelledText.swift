internal import Generation
internal import Tokenization

/// A conversation as token ids, and which of them are learnt: those that LLaVA's training code labels.
struct LabelledText: Sendable, Equatable {
  /// -200 stands for each picture.
  private(set) var ids: [Int]
  /// Whether the token at the same place is learnt, as what follows those before it.
  private(set) var isLabel: [Bool]
  /// Where the turns, tokenised for themselves, do not add up to the whole; nothing is learnt from such a text.
  private(set) var mismatch: Mismatch?

  /// How many tokens the turns make up, and how many the whole has.
  struct Mismatch: Sendable, Equatable {
    let turns: Int
    let whole: Int
  }

  /// The longest text that `maximalLength` leaves.
  private let maximalLength: Int

  /// How a text's turns are told apart.
  enum Rule {
    /// A picture and its caption, without words around them.
    case caption
    /// Turns end in a separator and answers follow a mark (vicuna_v1, llava_llama_2).
    case rounds(end: String, mark: String)
    /// The same separator ends every turn (MPT, ChatML).
    case turns(end: String, mark: String)
    /// Each turn begins with a signal and its role (LLaVA's first version).
    case signals

    /// The rule of LLaVA's `preprocess` for a template.
    /// - Throws: `TrainingError` for templates that LLaVA's code does not train with.
    init(_ template: ConversationTemplate) throws {
      switch template.style {
      case .plain: self = .caption
      case .llama2: self = .rounds(end: template.assistantSeparator ?? template.separator, mark: "[/INST] ")
      case .two:
        let end = template.assistantSeparator ?? template.separator
        self = .rounds(end: end, mark: template.separator + template.roles[1] + ": ")
      case .roleTextSeparator:
        self = .turns(end: template.separator, mark: template.separator + template.roles[1])
      case .single: self = .signals
      case .chatML, .turns, .gemma:
        throw TrainingError(
          "no rule says which tokens of the template \(template.name) are learnt; train with vicuna_v1, llava_llama_2, mpt, plain or v0"
        )
      }
    }
  }

  /// - Parameters:
  ///   - maximalLength: Texts without a picture are cut to as many tokens, as the original's tokenizer cuts them.
  ///   - padID: The id that the original pads with; ids equal to it do not count as tokens.
  ///   - marksImages: Put `<im_start>` and `<im_end>` around each picture.
  /// - Throws: `TrainingError` if the turns are not those of a conversation.
  init(
    _ sample: InstructionSample, template: ConversationTemplate, tokenizer: any TextTokenizer,
    maximalLength: Int,
    padID: Int, marksImages: Bool = false
  ) throws {
    let texts =
      sample.image == nil
      ? sample.sentences.map(\.text)
      : sample.sentences.map { Self.placingImage($0.text, template, marksImages: marksImages) }
    let speakers = sample.sentences.map(\.speaker)
    let hasImage = sample.image != nil
    self.maximalLength = maximalLength
    func tokens(_ text: String, seesImages: Bool) -> [Int] {
      seesImages
        ? PromptText(parsing: text).ids(tokenizer, pictureID: VisionLanguageSession.imagePlace)
        : tokenizer.encode(text, addBOS: true)
    }
    func cutTokens(_ text: String) -> [Int] {
      hasImage ? tokens(text, seesImages: true) : Array(tokens(text, seesImages: false).prefix(maximalLength))
    }
    ids = []
    isLabel = []
    switch try Rule(template) {
    case .caption:
      guard texts.count == 2, texts[0].contains(PromptText.pictureMark) else {
        throw TrainingError("\(sample.name): a caption's sample has two turns, the first with <image>")
      }
      let image = PromptText.pictureMark
      ids = tokens(image + texts[1] + template.separator, seesImages: true)
      isLabel = [Bool](repeating: true, count: ids.count)
      ignore(0..<tokens(image, seesImages: true).count)
    case .rounds(let end, let mark):
      let prompt = try Self.prompt(sample, texts, template)
      ids = cutTokens(prompt)
      labelRounds(of: prompt, end: end, mark: mark, padID: padID) {
        tokens($0, seesImages: hasImage).count
      }
    case .turns(let end, let mark):
      let prompt = try Self.prompt(sample, texts, template)
      ids = tokens(prompt, seesImages: true)
      labelTurns(of: prompt, end: end, mark: mark, padID: padID) { tokens($0, seesImages: true).count }
    case .signals:
      let header = template.system.string + "\n\n"
      let signalled = zip(speakers, texts).map { speaker, text in
        let role = ["human": template.roles[0], "gpt": template.roles[1]][speaker] ?? "unknown"
        return "### \(role): \(text)\n"
      }
      ids = cutTokens(header + signalled.joined() + "### ")
      isLabel = [Bool](repeating: true, count: ids.count)
      labelSignals(
        lengths: ([header] + signalled).map { cutTokens($0).count { hasImage || $0 != padID } },
        speakers: speakers)
    }
  }

  /// The text as the collator cuts it.
  func cut() -> LabelledText {
    var result = self
    result.ids = Array(ids.prefix(maximalLength))
    result.isLabel = Array(isLabel.prefix(maximalLength))
    return result
  }

  // MARK: Texts

  /// One `<image>` in front of a text that has any.
  private static func placingImage(_ text: String, _ template: ConversationTemplate, marksImages: Bool)
    -> String
  {
    let place = PromptText.pictureMark
    let pieces = text.pieces(around: place)
    guard pieces.count > 1 else { return text }
    let rest = pieces.joined().trimmed()
    var mark = template.tagsImage ? "<Image>\(place)</Image>" : place
    if marksImages { mark = mark.pieces(around: place).joined(separator: "<im_start>\(place)<im_end>") }
    return rest.isEmpty ? mark : mark + "\n" + rest
  }

  private static func prompt(_ sample: InstructionSample, _ texts: [String], _ template: ConversationTemplate)
    throws
    -> String
  {
    var turns = Array(zip(sample.sentences.map(\.speaker), texts))
    if turns.first?.0 != "human" { turns.removeFirst() }
    let messages = try turns.enumerated().map { index, turn in
      let expected = index % 2 == 0 ? "human" : "gpt"
      guard turn.0 == expected else {
        throw TrainingError(
          "\(sample.name): turn \(index) is from \"\(turn.0)\" where \"\(expected)\" should speak; turns alternate"
        )
      }
      return ConversationMessage(index % 2 == 0 ? .user : .assistant, parsing: turn.1)
    }
    return try template.withoutPresets.prompt(messages).string
  }

  // MARK: Labels

  private mutating func ignore(_ range: Range<Int>) {
    for index in range.clamped(to: 0..<isLabel.count) { isLabel[index] = false }
  }

  /// Ignores everything from a place on, and all of it if the turns do not add up.
  private mutating func close(_ length: Int, padID: Int) {
    ignore(min(length, ids.count)..<ids.count)
    let whole = ids.count { $0 != padID }
    guard length < maximalLength, length != whole else { return }
    ignore(0..<ids.count)
    mismatch = Mismatch(turns: length, whole: whole)
  }

  private mutating func labelRounds(
    of prompt: String, end: String, mark: String, padID: Int, count: (String) -> Int
  ) {
    isLabel = [Bool](repeating: true, count: ids.count)
    var length = 1
    ignore(0..<1)
    for round in prompt.pieces(around: end) {
      let parts = round.pieces(around: mark)
      guard !round.isEmpty, parts.count == 2 else { break }
      // The round's own first token stands for the separator that was taken away, and the mark's last space joins
      // with the answer.
      ignore(length..<length + max(0, count(parts[0] + mark) - 2))
      length += count(round)
    }
    close(length, padID: padID)
  }

  private mutating func labelTurns(
    of prompt: String, end: String, mark: String, padID: Int, count: (String) -> Int
  ) {
    isLabel = [Bool](repeating: true, count: ids.count)
    let pieces = prompt.pieces(around: end)
    // The system's words, the first question and the first answer, then pairs.
    var rounds = [pieces.prefix(3).joined(separator: end)]
    for start in stride(from: 3, to: pieces.count, by: 2) {
      rounds.append(pieces[start..<min(start + 2, pieces.count)].joined(separator: end))
    }
    var length = 0
    for round in rounds {
      let parts = round.pieces(around: mark)
      guard !round.isEmpty, parts.count == 2 else { break }
      ignore(length..<length + count(parts[0] + mark))
      length += count(round) + count(end)
    }
    close(length, padID: padID)
  }

  private mutating func labelSignals(lengths: [Int], speakers: [String]) {
    var place = lengths.first ?? 0
    ignore(0..<place)
    for (length, speaker) in zip(lengths.dropFirst(), speakers) {
      // The original leaves a question's first two tokens as labels.
      if speaker == "human", length > 2 { ignore(place + 2..<place + length) }
      place += length
    }
  }
}

extension ConversationTemplate {
  /// The template as training uses it: without examples in front, and with pictures where their marks are.
  fileprivate var withoutPresets: ConversationTemplate {
    var result = self
    result.presetMessages = []
    result.tagsImage = false
    return result
  }
}
