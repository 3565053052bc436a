internal import MixtureOfDepths
internal import Models
internal import Tensors
internal import Wording

/// Who is let in, and from where it goes on.
extension AnswerLoop {
  /// What a request takes.
  /// - Throws: `AnswerError` if it can never be answered.
  package func need(of request: AnswerRequest) throws -> RequestNeed {
    let decoder = model.decoder.configuration
    let prompt = request.prompt
    guard !prompt.ids.isEmpty else { throw AnswerError("the prompt is empty") }
    guard prompt.ids.count <= decoder.contextLength else {
      throw AnswerError(
        .promptTooLong,
        "the prompt takes \(counted(prompt.ids.count, "token")) but the model reads at most \(decoder.contextLength); shorten it or give fewer pictures"
      )
    }
    for (id, picture) in zip(prompt.ids, prompt.pictureOfRow)
    where picture < 0 && !(0..<decoder.vocabularySize).contains(id) {
      throw AnswerError(
        "the token id \(id) is outside the vocabulary of \(decoder.vocabularySize); tokenizer and model do not belong together"
      )
    }
    let rows =
      prompt.ids.count + min(max(0, request.options.maxTokens), decoder.contextLength - prompt.ids.count)
    let bytes = decoder.keptHeads.reduce(0) {
      $0 + KeyValueRows.memoryBytes(rows: rows, $1, limits.cacheFormat)
    }
    guard bytes <= limits.cacheBytes else {
      throw AnswerError(
        .outOfBudget,
        "\(counted(rows, "row of prompt and answer needs", "rows of prompt and answer need")) \(bytes >> 20) MiB of keys and values but \(limits.cacheBytes >> 20) MiB are allowed; ask for fewer tokens or allow more"
      )
    }
    return RequestNeed(rows: rows, cacheBytes: bytes)
  }

  /// Lets requests in, in the order of their arrival, while there is room; one that begins like another that is being read
  /// waits until it can go on from there.
  func admit() {
    var index = 0
    while index < waiting.count, active.count < limits.activeRequests {
      let running = waiting[index]
      guard reservedBytes + running.need.cacheBytes <= limits.cacheBytes else { break }
      guard let cache = beginning(of: running) else {
        index += 1
        continue
      }
      waiting.remove(at: index)
      active.append(running)
      running.start(cache)
      prefixes.shrink(to: limits.cacheBytes - reservedBytes)
    }
  }

  /// Fewer rows are read sooner than the page that they share with others is copied.
  private static let fewestShared = 16

  /// The cache from which a request goes on; nil if it should wait for another one.
  private func beginning(of running: RunningAnswer) -> SequenceCache? {
    let empty = SequenceCache(
      layers: model.decoder.layers.count, format: limits.cacheFormat, store: store)
    guard running.sharesRows else { return empty }
    func usable(_ length: Int) -> Int {
      // At least one row must remain to answer from.
      let most = min(length, running.prompt.ids.count - 1)
      let whole = running.rules?.readsWholePictures == true ? running.prompt.wholePictures(upTo: most) : most
      return whole < Self.fewestShared ? 0 : whole
    }
    var (source, length) = (empty, 0)
    if let kept = prefixes.longest(for: running.rows) { (source, length) = (kept.cache, usable(kept.length)) }
    for other in active where other.sharesRows {
      let common = usable(other.rows.common(with: running.rows))
      guard common > length, let cache = other.cache else { continue }
      guard cache.length >= common else { return nil }
      (source, length) = (cache, common)
    }
    return length > 0 ? source.copy(upTo: length) : empty
  }
}
