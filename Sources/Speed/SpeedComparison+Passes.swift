internal import Answering
internal import MixtureOfDepths
internal import Models
internal import Tensors

/// One pass of either model.
extension SpeedComparison {
  /// A prompt of random tokens and random or encoded image rows, answered by the engine's loop as any request is.
  static func measure(
    _ loop: AnswerLoop, _ workload: Workload, round: Int
  ) throws -> Side {
    let model = loop.model
    var side = Side()
    let clock = ContinuousClock()
    let start = clock.now
    var imageRows = randomRows(workload.imageTokens, model, seed: UInt64(round))
    if let encoder = model.images {
      let input = try workload.loadsPicture?() ?? workload.picture ?? encoder.blank
      try encoder.check(input)
      let loaded = clock.now
      let rows = encoder.encode(input, loop.tape).tensor
      side.imageSeconds = (loaded - start) / .seconds(1)
      side.visionSeconds = (clock.now - loaded) / .seconds(1)
      if workload.loadsPicture != nil {
        guard rows.rows == workload.imageTokens else {
          throw AnswerError(
            "the picture takes \(rows.rows) image tokens, not \(workload.imageTokens); it must not change while it is timed"
          )
        }
        imageRows = rows
      }
    }
    let before = clock.now - start
    let answer = try answer(prompt(model, workload, imageRows, round: round), workload, loop)
    side.prefillSeconds = answer.times.prefill / .seconds(1)
    side.firstTokenSeconds = (before + answer.times.firstToken) / .seconds(1)
    side.prefillRows = answer.promptTokens
    side.prefillFlops = answer.prompt.flops
    side.skipRatio = answer.prompt.imageSkipRatio
    side.decodeTokens = workload.decodeTokens
    side.decodeSeconds = answer.times.decode / .seconds(1)
    side.decodeSkipRatio = answer.generated.skipRatio
    side.cacheBytes = answer.cacheBytes
    return side
  }

  private static func answer(_ prompt: Prompt, _ workload: Workload, _ loop: AnswerLoop) throws -> Answer {
    var options = AnswerOptions()
    // The first token comes out of the prompt's pass.
    options.maxTokens = workload.decodeTokens + 1
    options.ignoresEnd = true
    options.sharesRows = false
    return try loop.answers([AnswerRequest(prompt, options)])[0]
  }

  /// A step that learns the last row's next token; the operations of the backward pass are twice the forward's.
  static func measureTraining(
    _ model: VisionLanguageModel, _ workload: Workload, _ backend: Backend, _ pool: MemoryPool,
    _ gradients: GradientStore, round: Int
  ) throws -> Side {
    var side = Side()
    gradients.reset()
    let tape = Tape(recordingInto: gradients, backend: backend, pool: pool)
    let prompt = try prompt(
      model, workload, randomRows(workload.imageTokens, model, seed: UInt64(round)), round: round)
    let rows = tape.input(randomRows(prompt.ids.count, model, seed: UInt64(round)))
    var batch = PackedBatch()
    batch.append(roles: prompt.roles)
    var target = LearningTargets()
    target.append([0], behind: prompt.ids.count - 1, weights: [1])
    let trace = RoutingTrace(model.decoder)
    side.prefillSeconds =
      ContinuousClock().measure {
        let losses = Objective(model).losses(of: rows, in: batch, target, tape: tape, observer: trace)
        tape.backward(from: losses.total)
      } / .seconds(1)
    side.prefillRows = prompt.ids.count
    side.prefillFlops = 3 * trace.total.flops
    side.skipRatio = trace.total.imageSkipRatio(in: model.routing?.layers ?? [])
    return side
  }

  /// Random tokens with the rows of a picture between them: a few words in front, the question behind.
  private static func prompt(
    _ model: VisionLanguageModel, _ workload: Workload, _ imageRows: Tensor, round: Int
  ) throws -> Prompt {
    var numbers = NormalNumbers(seed: UInt64(round))
    let vocabulary = model.decoder.configuration.vocabularySize
    // Some other number where the model itself has none for images.
    let imageID = model.imageTokenID ?? -1
    let text = (0..<workload.textTokens).map { _ -> Int in
      let id = Int(numbers.uniform() * Double(vocabulary))
      return id == imageID ? (id + 1) % vocabulary : id
    }
    let front = text.prefix(4)
    let ids = front + [Int](repeating: imageID, count: imageRows.rows) + text.dropFirst(front.count)
    let pictures =
      imageRows.rows > 0 ? [PromptPicture(content: .rows(imageRows), rowCount: imageRows.rows)] : []
    return try Prompt(ids: Array(ids), imageTokenID: imageID, pictures: pictures)
  }

  /// Random rows of the size of token embeddings.
  private static func randomRows(_ count: Int, _ model: VisionLanguageModel, seed: UInt64) -> Tensor {
    var numbers = NormalNumbers(seed: seed)
    let width = model.decoder.configuration.hiddenSize
    return Tensor((0..<count * width).map { _ in numbers.next() }, shape: [count, width])
  }
}
