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
    let (ours, theirs) = (logits[index], other.logits[otherIndex])
    guard ours.count == theirs.count, !ours.isEmpty else { return .infinity }
    let largest = theirs.joined().reduce(Float(1)) { max($0, abs($1)) }
    return zip(ours.joined(), theirs.joined()).reduce(0) { worst, pair in
      let difference = abs(pair.0 - pair.1)
      return difference.isFinite ? max(worst, difference / largest) : .infinity
    }
  }
}
