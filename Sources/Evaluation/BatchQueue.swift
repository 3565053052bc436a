internal import Benchmarks

/// Hands out batches and puts their answers back into order.
struct BatchQueue {
  private let batches: [[Int]]
  private var handedOut = 0
  private var passedOn = 0
  /// Nil stands for questions that were left out.
  private var finished: [Int: [AnswerRecord?]] = [:]
  /// How many questions are done, those that were left out or wait for earlier ones included.
  private(set) var done: Int
  /// Answers by place that `finish` has returned, and earlier ones.
  private(set) var written: [Int: AnswerRecord]
  private(set) var failure: (any Error)?

  init(_ batches: [[Int]], earlier: [Int: AnswerRecord]) {
    self.batches = batches
    done = earlier.count
    written = earlier
  }

  mutating func next() -> (index: Int, places: [Int])? {
    guard failure == nil, handedOut < batches.count else { return nil }
    handedOut += 1
    return (handedOut - 1, batches[handedOut - 1])
  }

  /// Takes a batch's answers, nil for questions that were left out.
  /// - Returns: The answers that come next in order; none while an earlier batch is unfinished.
  mutating func finish(_ index: Int, _ answers: [AnswerRecord?]) -> [AnswerRecord] {
    done += answers.count
    finished[index] = answers
    var next: [AnswerRecord] = []
    while let batch = finished.removeValue(forKey: passedOn) {
      for (place, record) in zip(batches[passedOn], batch) {
        guard let record else { continue }
        written[place] = record
        next.append(record)
      }
      passedOn += 1
    }
    return next
  }

  mutating func fail(_ error: any Error) { failure = failure ?? error }
}
