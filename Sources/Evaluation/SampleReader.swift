package import Answering
package import Benchmarks
package import Images
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
  private let imageLimits: ImageLimits

  /// - Parameter imageLimits: What picture files may cost.
  package init(_ session: VisionLanguageSession, imageLimits: ImageLimits = ImageLimits()) {
    self.session = session
    self.imageLimits = imageLimits
  }

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
      let (prompt, answer) = try Self.naming(item) {
        let images = try item.decodedImage(limits: imageLimits).map { [$0] } ?? []
        let turns = [ConversationMessage(.user, item.prompt), ConversationMessage(.assistant, nil)]
        let prompt = try session.prompt(turns, images: images)
        willRead(prompt)
        return (prompt, try loop.answers([AnswerRequest(prompt, options)])[0])
      }
      tokens += prompt.ids.count
      bytes += answer.cacheBytes
      try onProgress(index + 1)
    }
    let count = Double(max(1, items.count))
    return Means(tokens: Double(tokens) / count, cacheBytes: Double(bytes) / count)
  }

  /// Errors of one question name it and its file.
  private static func naming<Result>(_ item: BenchmarkItem, _ read: () throws -> Result) throws -> Result {
    do {
      return try read()
    } catch let error as AnswerError where error.code == .notFinite {
      throw error
    } catch {
      throw BenchmarkError.question(place: item.place, id: item.id.description, reason: "\(error)")
    }
  }
}
