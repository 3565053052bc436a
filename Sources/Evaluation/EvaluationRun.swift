package import Answering
package import Benchmarks
internal import Dispatch
internal import Foundation
package import Images
internal import Models
internal import StrictJSON
internal import Synchronization
internal import Tensors
internal import Tokenization

/// Asks a model the questions of a benchmark.
package struct EvaluationRun: Sendable {
  package struct Options: Sendable {
    /// Nil for what the protocol's scripts allow.
    package var maxTokens: Int?
    /// Whose loader and limits are followed; nil for the benchmark's first.
    package var rules: ScoringProtocol?
    /// Only this many questions of the chunk, from its start.
    package var limit: Int?
    /// Only this part of the questions.
    package var chunk: EvaluationChunk?
    /// How many questions are answered side by side; nil for what suits the model's size.
    package var batch: Int?
    package var temperature = 0.0
    package var seed: UInt64 = 0
    /// What engines may use; how many questions are side by side and what they keep is chosen for them.
    package var limits = EngineLimits()
    /// What picture files may cost.
    package var imageLimits = ImageLimits()
    /// Replace every picture by an evenly grey one of its size, to see what is known without looking.
    package var greyPictures = false
    /// Turn pictures upright as their EXIF orientation says; the official scripts do not.
    package var exifOrientation = false

    package init() {}

    /// Whether some of the benchmark's questions are not asked.
    package var isPartial: Bool { limit != nil || chunk != nil }
  }

  private let options: Options

  package init(_ options: Options) { self.options = options }

  /// The questions of the chunk, without regard to the limit.
  package func items(_ folder: BenchmarkFolder) throws -> [BenchmarkItem] {
    let items = try folder.items(rules: options.rules)
    return options.chunk.map { Array(items[$0.range(of: items.count)]) } ?? items
  }

  /// Answers the questions, those about one picture together.
  /// - Parameters:
  ///   - items: as `items(_:)` gives them.
  ///   - sessions: One for each batch that may run at the same time; all with the same model.
  ///   - log: Holds answers of an earlier run and receives the new ones, in the order of the questions.
  ///   - onProgress: Receives how many questions are answered and how many there are.
  ///   - leaveOut: Receives each question that cannot be asked, because it is too long or its picture is damaged, and the
  ///     reason as a sentence; what it throws ends the run.
  ///   - onLogFailure: Receives why the log could not be brought to an end, when all answers are there; what it throws
  ///     takes them along.
  ///   - isCancelled: Asked before every token; true ends the run with the batches that are complete.
  /// - Returns: Answers in the order of the questions, the earlier ones included.
  package func answers(
    _ items: [BenchmarkItem], of benchmark: Benchmark, sessions: [VisionLanguageSession],
    log: AnswerLog? = nil,
    leaveOut: @escaping @Sendable (BenchmarkItem, String) throws -> Void = { item, reason in
      throw BenchmarkError.question(place: item.place, id: item.id.description, reason: reason)
    },
    onLogFailure: (any Error) throws -> Void = { throw $0 },
    isCancelled: @escaping @Sendable () -> Bool = { false },
    onProgress: @escaping @Sendable (Int, Int) -> Void = { _, _ in }
  ) throws -> AnswerFile {
    guard let model = sessions.first else { return AnswerFile([]) }
    let asked = Array(items.prefix(options.limit ?? items.count))
    let earlier = log?.answered ?? [:]
    let batches = EvaluationBatches.batches(
      asked, places: asked.indices.filter { earlier[$0] == nil },
      count: options.batch ?? Self.usualBatch(model))
    let queue = Mutex(BatchQueue(batches, earlier: earlier))
    onProgress(asked.indices.count { earlier[$0] != nil }, asked.count)
    DispatchQueue.concurrentPerform(iterations: sessions.count) { lane in
      let loop = loop(sessions[lane], lanes: sessions.count)
      while !isCancelled(), let (index, batch) = queue.withLock({ $0.next() }) {
        do {
          let questions = batch.map { asked[$0] }
          let answers = try answer(
            questions, firstPlace: batch.first ?? 0, of: benchmark, sessions[lane], loop,
            isCancelled: isCancelled)
          guard let answers else { return }
          let records = try zip(batch, answers).map { place, answer -> AnswerRecord? in
            switch answer {
            case .success(let text):
              return AnswerRecord(
                to: asked[place], text: text, answerID: String(place), modelID: log?.identity.modelID ?? "",
                metadata: log?.identity.metadata ?? JSONObject())
            case .failure(let reason):
              try leaveOut(asked[place], reason.sentence)
              return nil
            }
          }
          let done = try queue.withLock { queue in
            let next = queue.finish(index, records)
            try log?.append(next)
            return queue.done
          }
          onProgress(done, asked.count)
        } catch {
          queue.withLock { $0.fail(error) }
        }
      }
    }
    let (records, failure) = queue.withLock { ($0.written, $0.failure) }
    do {
      try log?.finish(records)
    } catch {
      try onLogFailure(error)
    }
    if let failure { throw failure }
    return AnswerFile(asked.indices.compactMap { records[$0] })
  }

  /// Questions of a batch are read in as few passes as there are.
  private func loop(_ session: VisionLanguageSession, lanes: Int) -> AnswerLoop {
    var limits = options.limits
    limits.cacheBytes /= lanes
    limits.activeRequests = options.batch ?? Self.usualBatch(session)
    limits.rowsPerPass = 8192
    // Questions about a picture follow each other.
    limits.keptSequences = 2 * limits.activeRequests
    return AnswerLoop(session, limits)
  }

  /// Small models are slowed by many small steps; large ones by the memory of many caches, while up to four rows of a
  /// generated token read the weights only once.
  private static func usualBatch(_ session: VisionLanguageSession) -> Int {
    let small = 100_000_000
    return session.model.decoder.parameters.reduce(0) { $0 + $1.count } < small ? 16 : 4
  }

  /// Why one question cannot be asked, where others can.
  private struct Unaskable: Error {
    let sentence: String

    init(_ error: any Error) { sentence = "\(error)" }
  }

  /// - Returns: For each question its answer, or why it cannot be asked; nil if the run was cancelled before all answers
  ///   were complete.
  /// - Throws: What is no question's fault.
  private func answer(
    _ items: [BenchmarkItem], firstPlace: Int, of benchmark: Benchmark, _ session: VisionLanguageSession,
    _ loop: AnswerLoop, isCancelled: @escaping () -> Bool
  ) throws -> [Result<String, Unaskable>]? {
    var pictures: [BenchmarkItem.Picture: PixelImage] = [:]
    var requests: [AnswerRequest] = []
    // For each question the number of its request, or why there is none.
    let places = items.enumerated().map { index, item -> Result<Int, Unaskable> in
      do {
        if let image = item.image, pictures[image] == nil { pictures[image] = try picture(of: item) }
        let prompt = try session.prompt(
          [ConversationMessage(.user, item.prompt), ConversationMessage(.assistant, nil)],
          images: item.image.flatMap { pictures[$0] }.map { [$0] } ?? [])
        var asked = AnswerOptions()
        asked.maxTokens = options.maxTokens ?? benchmark.maxTokens(options.rules)
        asked.sampling.temperature = options.temperature
        // A question has the same seed in every batch.
        asked.sampling.seed = options.seed &+ UInt64(firstPlace + index)
        requests.append(AnswerRequest(prompt, asked))
        return .success(requests.count - 1)
      } catch {
        return .failure(Unaskable(error))
      }
    }
    let results = loop.results(requests, isCancelled: isCancelled)
    var texts: [Result<String, Unaskable>] = []
    for place in places {
      switch place {
      case .failure(let reason): texts.append(.failure(reason))
      case .success(let number):
        switch results[number] {
        case .success(let answer):
          guard answer.finishReason != .cancelled else { return nil }
          texts.append(.success(answer.text.trimmingCharacters(in: .whitespacesAndNewlines)))
        case .failure(let error) where [.invalidRequest, .promptTooLong, .outOfBudget].contains(error.code):
          texts.append(.failure(Unaskable(error)))
        case .failure(let error): throw error
        }
      }
    }
    return texts
  }

  private func picture(of item: BenchmarkItem) throws -> PixelImage? {
    let image = try item.decodedImage(
      DecodeOptions(exifOrientation: options.exifOrientation), limits: options.imageLimits)
    guard options.greyPictures else { return image }
    return try image.map {
      try PixelImage(width: $0.width, height: $0.height, fill: RGBColor(red: 128, green: 128, blue: 128))
    }
  }
}
