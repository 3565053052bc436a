/// The nine kinds of question, each in the manner of one benchmark.
package enum QuestionKind: String, Sendable, CaseIterable {
  case exist, attribute, relation, count, read, pair, choice, context, describe

  /// The benchmark whose files and rules the kind uses.
  package var benchmark: String {
    switch self {
    case .exist: "pope"
    case .attribute: "vqav2"
    case .relation: "gqa"
    case .count: "mmmu"
    case .read: "textvqa"
    case .pair: "mme"
    case .choice: "mmbench"
    case .context: "scienceqa"
    case .describe: "mm-vet"
    }
  }
}

/// One question about a scene and its only right answer.
package struct WorldQuestion: Sendable, Hashable {
  package let kind: QuestionKind
  /// The question itself: no options, context, or sentence about the form of the answer.
  package let question: String
  /// What a model is asked: the text that follows the picture, with everything.
  package let text: String
  /// What a model should say, for example "Yes", "red", "2", "B", "a red circle at the top left".
  package let answer: String
  package let detail: Detail

  /// What only some kinds have.
  package enum Detail: Sendable, Hashable {
    case exist(ProbeCategory)
    case attribute(Attribute)
    case relation(RelationForm)
    case count(CountTopic)
    case read
    case pair(PairCategory)
    case choice(Options, ChoiceTopic)
    case context(Options, hint: String, Attribute)
    /// What the answer must mention.
    case describe(facts: [String])
  }

  /// Possible answers in the order shown, and which of them is right.
  package struct Options: Sendable, Hashable {
    package let texts: [String]
    package let correct: Int

    /// "A" for the first option.
    package static func letter(_ index: Int) -> String {
      String(Character(Unicode.Scalar(UInt8(ascii: "A") + UInt8(truncatingIfNeeded: index))))
    }
  }

  /// How an absent object is chosen; POPE's three settings.
  package enum ProbeCategory: String, Sendable, CaseIterable {
    /// Any pair of color and shape.
    case random
    /// A frequent shape.
    case popular
    /// A shape that is there in another color, or a color that is there on another shape.
    case adversarial
  }

  package enum Attribute: String, Sendable, CaseIterable {
    case color, shape, size
  }

  package enum RelationForm: String, Sendable {
    case verify, query
  }

  package enum CountTopic: String, Sendable, CaseIterable {
    case shape, color, total
  }

  /// The MME categories that the world has, under the benchmark's own folder names.
  package enum PairCategory: String, Sendable, CaseIterable {
    case existence, count, position, color
    case ocr = "OCR"
  }

  package enum ChoiceTopic: String, Sendable, CaseIterable {
    case color, shape, position
  }

  /// Ends questions that want a word; from LLaVA's question files.
  package static let shortAnswerSuffix = "\nAnswer the question using a single word or phrase."
  /// Ends questions that want an option's letter; from LLaVA's question files.
  package static let letterSuffix = "\nAnswer with the option's letter from the given choices directly."
  /// Stands before the suffix in MME's questions.
  package static let yesNoRequest = " Please answer yes or no."
}
