internal import Generation
internal import Images
internal import Models
internal import PocketWorld
internal import Tensors
internal import Tokenization

/// Pictures of the pocket world as token rows and targets.
struct WorldExamples: Sendable {
  /// One question about a picture.
  struct Question: Sendable {
    /// Nil for practice.
    let kind: QuestionKind?
    /// Tokens behind the image, up to the place of the answer.
    let prompt: [Int]
    /// The answer's tokens and the end of the turn.
    let answer: [Int]
  }

  struct Picture: Sendable {
    let scene: Scene
    /// Tokens in front of the image.
    let prefix: [Int]
    let questions: [Question]
  }

  private let generator: SceneGenerator
  private let tokenizer: any TextTokenizer
  private let seed: UInt64
  private let rounds: Int
  private let extra: [String: Int]
  private let bareShare: Double
  private let mostQuestions: Int?
  private let practises: Bool

  /// - Parameters:
  ///   - rounds: How often each kind of question is drawn for a picture; the same question is asked once.
  ///   - bareShare: The share of questions that do not say how they want to be answered.
  ///   - mostQuestions: The most questions about one picture.
  init(
    seed: UInt64, split: WorldSplit, rounds: Int, extra: [String: Int] = [:], bareShare: Double = 0,
    mostQuestions: Int? = nil, practises: Bool, tokenizer: any TextTokenizer
  ) {
    generator = SceneGenerator(seed: seed, split: split)
    self.tokenizer = tokenizer
    self.seed = seed
    self.rounds = rounds
    self.extra = extra
    self.bareShare = bareShare
    self.mostQuestions = mostQuestions
    self.practises = practises
  }

  func scene(_ index: Int) -> Scene { generator.scene(at: index) }

  func picture(_ index: Int) throws -> Picture {
    let scene = generator.scene(at: index)
    var prefix: [Int] = []
    let kinds = QuestionKind.allCases.map { (kind: $0, count: extra[$0.rawValue] ?? 0) }
    let further = kinds.flatMap { kind, count in
      (0..<count).flatMap { QuestionWriter.questions(of: kind, scene, seed: seed &+ UInt64(rounds + $0)) }
    }
    var asked: Set<String> = []
    let drawn = (0..<rounds).flatMap { QuestionWriter.questions(scene, seed: seed &+ UInt64($0)) }
    var tasks = (drawn + further).filter { asked.insert($0.text).inserted }
      .map { (kind: QuestionKind?.some($0.kind), text: $0.text, answer: $0.answer) }
    if bareShare > 0 {
      var numbers = NormalNumbers(seed: seed ^ UInt64(index) &* 0x9E37_79B9)
      for place in tasks.indices where numbers.uniform() < bareShare {
        tasks[place].text = Self.bare(tasks[place].text)
      }
    }
    if practises { tasks += PracticeQuestions.about(scene).map { (nil, $0.text, $0.answer) } }
    if let mostQuestions, mostQuestions < tasks.count {
      // Every kind has its turn as pictures go by.
      tasks = (0..<mostQuestions).map { tasks[(index * mostQuestions + $0) % tasks.count] }
    }
    let questions = try tasks.map { question in
      let open = try encode(question.text, answer: nil)
      let whole = try encode(question.text, answer: question.answer)
      guard whole.starts(with: open), let image = open.firstIndex(of: VisionLanguageSession.imagePlace) else {
        throw TrainingError(
          "the tokenizer joins the question \"\(question.text)\" with its answer; train it on texts with a boundary there"
        )
      }
      prefix = Array(open[..<image])
      return Question(
        kind: question.kind, prompt: Array(open[(image + 1)...]), answer: Array(whole[open.count...]))
    }
    return Picture(scene: scene, prefix: prefix, questions: questions)
  }

  /// The question without the request for a short answer.
  private static func bare(_ question: String) -> String {
    guard question.hasSuffix(WorldQuestion.shortAnswerSuffix) else { return question }
    let rest = question.dropLast(WorldQuestion.shortAnswerSuffix.count)
    return String(
      rest.hasSuffix(WorldQuestion.yesNoRequest) ? rest.dropLast(WorldQuestion.yesNoRequest.count) : rest)
  }

  private func encode(_ question: String, answer: String?) throws -> [Int] {
    let template = ConversationTemplate.vicunaV1
    let prompt = try template.prompt([
      ConversationMessage(.user, parsing: "<image>\n" + question),
      ConversationMessage(.assistant, parsing: answer),
    ])
    return prompt.ids(tokenizer, pictureID: VisionLanguageSession.imagePlace)
  }

  /// All pictures as views of one input.
  static func input(_ pictures: [Picture], side: Int) throws -> ImageInput {
    var processor = CLIPImageProcessor()
    processor.size = .shortestEdge(side)
    (processor.cropWidth, processor.cropHeight) = (side, side)
    let values = try pictures.flatMap { picture in
      try processor.samples(pixels(of: picture.scene)).floats()
    }
    return ImageInput(pixels: Tensor(values, shape: [pictures.count, 3, side, side]))
  }

  static func pixels(of scene: Scene) throws -> PixelImage {
    try PixelImage(width: WorldRules.side, height: WorldRules.side, pixels: Rasteriser.render(scene))
  }
}
