internal import Answering
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

  /// - Parameters:
  ///   - maximalLength: Texts without a picture are cut to as many tokens, as the original's tokenizer cuts them.
  ///   - padID: The id that the original pads with; ids equal to it do not count as tokens.
  /// - Throws: `TrainingError` if the turns are not those of a conversation.
  init(
    _ sample: InstructionSample, template: ConversationTemplate, tokenizer: any TextTokenizer,
    maximalLength: Int, padID: Int
  ) throws {
    let texts = sample.texts(template)
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
    switch try LabelRule(template) {
    case .caption:
      guard texts.count == 2, texts[0].contains(PromptText.pictureMark) else {
        throw TrainingError("\(sample.name): a caption's sample has two turns, the first with <image>")
      }
      let image = PromptText.pictureMark
      ids = tokens(image + texts[1] + template.separator, seesImages: true)
      isLabel = [Bool](repeating: true, count: ids.count)
      ignore(0..<tokens(image, seesImages: true).count)
    case .rounds(let end, let mark):
      let prompt = try sample.prompt(template)
      ids = cutTokens(prompt)
      labelRounds(of: prompt, end: end, mark: mark, padID: padID) {
        tokens($0, seesImages: hasImage).count
      }
    case .turns(let end, let mark):
      let prompt = try sample.prompt(template)
      ids = tokens(prompt, seesImages: true)
      labelTurns(of: prompt, end: end, mark: mark, padID: padID) { tokens($0, seesImages: true).count }
    case .signals:
      let header = template.system.string + "\n\n"
      let speakers = sample.sentences.map(\.speaker)
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
