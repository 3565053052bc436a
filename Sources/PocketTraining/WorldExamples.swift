internal import Answering
internal import Images
internal import Models
internal import PocketWorld
internal import Tensors
internal import Tokenization
internal import Training

/// Pictures of the pocket world as token rows and targets.
struct WorldExamples: Sendable {
  struct Picture: Sendable {
    let scene: Scene
    let text: PictureQuestions
  }

  private let settings: WorldSettings
  private let generator: SceneGenerator
  private let tokenizer: any TextTokenizer

  init(_ settings: WorldSettings, split: WorldSplit, tokenizer: any TextTokenizer) {
    self.settings = settings
    generator = SceneGenerator(seed: settings.seed, split: split)
    self.tokenizer = tokenizer
  }

  func scene(_ index: Int) -> Scene { generator.scene(at: index) }

  func picture(_ index: Int) throws -> Picture {
    let scene = scene(index)
    var prefix: [Int] = []
    let questions = try tasks(scene, index: index).map { task in
      let open = try encode(task.text, answer: nil)
      let whole = try encode(task.text, answer: task.answer)
      guard whole.count > open.count, whole.starts(with: open),
        let image = open.firstIndex(of: VisionLanguageSession.imagePlace)
      else {
        throw TrainingError(
          "the tokenizer joins the question \"\(task.text)\" with its answer; train it on texts with a boundary there"
        )
      }
      prefix = Array(open[..<image])
      return PictureQuestions.Question(
        name: task.kind?.rawValue ?? "practice", counts: task.kind != nil,
        prompt: Array(open[(image + 1)...]), answer: Array(whole[open.count...]))
    }
    return Picture(scene: scene, text: PictureQuestions(prefix: prefix, questions: questions))
  }

  /// A question and its answer; practice has no kind.
  private typealias Task = (kind: QuestionKind?, text: String, answer: String)

  /// What is asked about a scene, each question once.
  private func tasks(_ scene: Scene, index: Int) -> [Task] {
    let (seed, rounds) = (settings.seed, settings.rounds)
    let drawn = (0..<rounds).flatMap { QuestionWriter.questions(scene, seed: seed &+ UInt64($0)) }
    let further = QuestionKind.allCases.flatMap { kind in
      (0..<(settings.extra[kind] ?? 0)).flatMap {
        QuestionWriter.questions(of: kind, scene, seed: seed &+ UInt64(rounds + $0))
      }
    }
    var asked: Set<String> = []
    var tasks: [Task] = (drawn + further).filter { asked.insert($0.text).inserted }
      .map { ($0.kind, $0.text, $0.answer) }
    if settings.bareShare > 0 {
      var numbers = NormalNumbers(seed: seed ^ UInt64(index) &* 0x9E37_79B9)
      for place in tasks.indices where numbers.uniform() < settings.bareShare {
        tasks[place].text = Self.bare(tasks[place].text)
      }
    }
    if settings.practises { tasks += PracticeQuestions.about(scene).map { (nil, $0.text, $0.answer) } }
    guard let most = settings.mostQuestions, most < tasks.count else { return tasks }
    // Every kind has its turn as pictures go by.
    return (0..<most).map { tasks[(index * most + $0) % tasks.count] }
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

  /// All scenes as views of one input.
  static func input(_ scenes: [Scene], side: Int) throws -> ImageInput {
    var processor = CLIPImageProcessor()
    processor.size = .shortestEdge(side)
    (processor.cropWidth, processor.cropHeight) = (side, side)
    let values = try scenes.flatMap { try processor.samples(pixels(of: $0)).floats() }
    return ImageInput(pixels: Tensor(values, shape: [scenes.count, 3, side, side]))
  }

  static func pixels(of scene: Scene) throws -> PixelImage {
    try PixelImage(width: WorldRules.side, height: WorldRules.side, pixels: Rasteriser.render(scene))
  }
}
