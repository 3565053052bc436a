internal import Dispatch
internal import Foundation
public import Generation
internal import Images
internal import Synchronization
internal import Tensors
internal import Tokenization

/// Asks a model the questions of a benchmark.
public struct EvaluationRun: Sendable {
  public struct Options: Sendable {
    public var maxTokens = 128
    /// Only this many questions, from the start.
    public var limit: Int?
    /// Replace every picture by an evenly grey one of its size, to see what is known without looking.
    public var greyPictures = false
    /// Turn pictures upright as their EXIF orientation says; the official scripts do not.
    public var exifOrientation = false

    public init() {}
  }

  /// How many prompts without a common picture share one packed batch.
  private static let promptsPerBatch = 8

  private let options: Options

  public init(_ options: Options) { self.options = options }

  /// Answers the questions, those about one picture together.
  /// - Parameters:
  ///   - sessions: One for each batch that may run at the same time; all with the same model.
  ///   - onProgress: Receives how many questions are answered and how many there are.
  ///   - isCancelled: Asked before every batch; true ends the run with what is there.
  /// - Returns: Answers in the order of the questions.
  public func answers(
    _ folder: BenchmarkFolder, sessions: [VisionLanguageSession],
    isCancelled: @escaping @Sendable () -> Bool = { false },
    onProgress: @escaping @Sendable (Int, Int) -> Void = { _, _ in }
  ) throws -> AnswerFile {
    let items = try folder.items(limit: options.limit)
    let batches = Self.batches(items)
    let results = Mutex<[(order: Int, record: AnswerRecord)]>([])
    let failure = Mutex<(any Error)?>(nil)
    DispatchQueue.concurrentPerform(iterations: sessions.count) { lane in
      for index in stride(from: lane, to: batches.count, by: sessions.count) {
        guard !isCancelled(), failure.withLock({ $0 == nil }) else { return }
        do {
          let batch = batches[index]
          let texts = try answer(batch.map { items[$0] }, sessions[lane], isCancelled: isCancelled)
          let done = results.withLock { list in
            list += zip(batch, texts).map { ($0, AnswerRecord(to: items[$0], text: $1)) }
            return list.count
          }
          onProgress(done, items.count)
        } catch {
          failure.withLock { $0 = $0 ?? error }
        }
      }
    }
    if let error = failure.withLock({ $0 }) { throw error }
    return AnswerFile(results.withLock { list in list.sorted { $0.order < $1.order }.map(\.record) })
  }

  /// Questions about one picture in a row become one batch; single ones are put together.
  private static func batches(_ items: [EvaluationItem]) -> [[Int]] {
    var batches: [[Int]] = []
    var singles: [Int] = []
    var index = 0
    while index < items.count {
      var group = [index]
      while let next = group.last, next + 1 < items.count, items[next + 1].image == items[index].image,
        items[index].image != nil
      {
        group.append(next + 1)
      }
      index += group.count
      if group.count > 1 {
        batches.append(group)
      } else {
        singles += group
      }
    }
    for start in stride(from: 0, to: singles.count, by: promptsPerBatch) {
      batches.append(Array(singles[start..<min(start + promptsPerBatch, singles.count)]))
    }
    return batches
  }

  private func answer(
    _ items: [EvaluationItem], _ session: VisionLanguageSession, isCancelled: () -> Bool
  ) throws -> [String] {
    var generation = Generator.Options()
    generation.maxTokens = options.maxTokens
    let prompts = try items.map { item in
      try session.prompt(
        [ConversationMessage(.user, item.prompt), ConversationMessage(.assistant, nil)],
        images: item.image.map { [try picture($0, of: item)] } ?? [])
    }
    return try Generator(session, generation).answer(prompts, isCancelled: isCancelled).answers
      .map { $0.text.trimmingCharacters(in: .whitespacesAndNewlines) }
  }

  private func picture(_ picture: EvaluationItem.Picture, of item: EvaluationItem) throws -> PixelImage {
    let name: String
    if case .file(let url) = picture { name = url.path } else { name = "the picture of question \(item.id)" }
    let image = try ImageLoader.decode(
      picture.data(), name: name, options: DecodeOptions(exifOrientation: options.exifOrientation))
    guard options.greyPictures else { return image }
    return try PixelImage(
      width: image.width, height: image.height, fill: RGBColor(red: 128, green: 128, blue: 128))
  }
}
