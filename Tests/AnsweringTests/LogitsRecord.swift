import Comparing
import Models
import Tensors

@testable import Answering

/// Answers requests and keeps the logits of every token.
final class LogitsRecord {
  let loop: AnswerLoop
  /// For each request, in the order in which they were given, the logits behind its prompt and behind every token.
  private(set) var logits: [[[Float]]] = []

  init(_ model: VisionLanguageModel, _ limits: EngineLimits = EngineLimits(), backend: Backend = Backend()) {
    loop = AnswerLoop(model, tokenizer: nil, backend: backend, limits: limits)
  }

  @discardableResult
  func answer(_ requests: [AnswerRequest]) throws -> [Answer] {
    let first = logits.count
    logits += requests.map { _ in [] }
    var places: [ObjectIdentifier: Int] = [:]
    loop.onLogits = { [unowned self] running, line in
      if places.isEmpty {
        for (place, running) in (loop.active + loop.waiting).sorted(by: { $0.number < $1.number })
          .enumerated()
        {
          places[ObjectIdentifier(running)] = first + place
        }
      }
      if let place = places[ObjectIdentifier(running)] { logits[place].append(line) }
    }
    return try loop.answers(requests)
  }

  /// The largest difference between the logits of a request and those of one in another record, in parts of the largest
  /// logit; infinite if they are not of as many tokens.
  func worstDifference(_ index: Int, from other: LogitsRecord, _ otherIndex: Int) -> Float {
    worstRelativeDifference(Array(logits[index].joined()), Array(other.logits[otherIndex].joined()))
  }
}
