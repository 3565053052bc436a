package import Answering
package import Benchmarks
package import Models
internal import Tensors
internal import Tokenization

/// Lets a model read questions, without answering them, for whoever measures it.
package struct SampleReader {
  /// What prompts take, in the mean.
  package struct Means: Sendable {
    package let tokens: Double
    /// Bytes of keys and values.
    package let cacheBytes: Double
  }

  let session: VisionLanguageSession

  package init(_ session: VisionLanguageSession) { self.session = session }

  /// - Parameters:
  ///   - observer: Sees every layer of every prompt.
  ///   - willRead: Receives each prompt before the model reads it.
  ///   - onProgress: Receives how many questions have been read; what it throws ends the reading.
  package func read(
    _ items: [BenchmarkItem], observer: any DecoderObserver, willRead: (Prompt) -> Void = { _ in },
    onProgress: (Int) throws -> Void = { _ in }
  ) throws -> Means {
    var (limits, options) = (EngineLimits(), AnswerOptions())
    // Observers want every row of a prompt, and all of them in one pass.
    limits.rowsPerPass = .max
    options.sharesRows = false
    options.maxTokens = 0
    let loop = AnswerLoop(session, limits, observer: observer)
    var (tokens, bytes) = (0, 0)
    for (index, item) in items.enumerated() {
      let images = try item.decodedImage().map { [$0] } ?? []
      let turns = [ConversationMessage(.user, item.prompt), ConversationMessage(.assistant, nil)]
      let prompt = try session.prompt(turns, images: images)
      willRead(prompt)
      let answer = try loop.answers([AnswerRequest(prompt, options)])[0]
      tokens += prompt.ids.count
      bytes += answer.cacheBytes
      try onProgress(index + 1)
    }
    let count = Double(max(1, items.count))
    return Means(tokens: Double(tokens) / count, cacheBytes: Double(bytes) / count)
  }
}
