package import Benchmarks
package import Generation
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
  ///   - onProgress: Receives how many questions have been read.
  package func read(
    _ items: [BenchmarkItem], observer: any DecoderObserver, willRead: (Prompt) -> Void = { _ in },
    onProgress: (Int) -> Void = { _ in }
  ) throws -> Means {
    let pool = MemoryPool()
    var (tokens, bytes) = (0, 0)
    for (index, item) in items.enumerated() {
      let images = try item.decodedImage().map { [$0] } ?? []
      let turns = [ConversationMessage(.user, item.prompt), ConversationMessage(.assistant, nil)]
      let prompt = try session.prompt(turns, images: images)
      willRead(prompt)
      let batch = SequenceBatch(
        session.model, backend: session.backend, pool: pool, count: 1, observer: observer,
        cacheFormat: session.cacheFormat, pictures: session.pictures)
      try batch.read([prompt])
      tokens += prompt.ids.count
      bytes += batch.cacheBytes
      onProgress(index + 1)
    }
    let count = Double(max(1, items.count))
    return Means(tokens: Double(tokens) / count, cacheBytes: Double(bytes) / count)
  }
}
