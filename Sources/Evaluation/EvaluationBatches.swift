/// Cuts questions into batches.
enum EvaluationBatches {
  /// Batches of at most `count` places that follow each other, cut between pictures rather than between the questions
  /// about one, unless that would leave a batch less than half full.
  static func batches(_ items: [EvaluationItem], places: [Int], count: Int) -> [[Int]] {
    var batches: [[Int]] = []
    var start = 0
    while start < places.count {
      var end = start + 1
      while end < places.count, end - start < count, places[end] == places[end - 1] + 1 { end += 1 }
      if end < places.count {
        var cut = end
        while cut > start, samePicture(items[places[cut - 1]], items[places[cut]]) { cut -= 1 }
        if (cut - start) * 2 >= count { end = cut }
      }
      batches.append(Array(places[start..<end]))
      start = end
    }
    return batches
  }

  private static func samePicture(_ left: EvaluationItem, _ right: EvaluationItem) -> Bool {
    left.image != nil && left.image == right.image
  }
}

/// Hands out batches and puts their answers back into order.
struct BatchQueue {
  private let batches: [[Int]]
  private var handedOut = 0
  private var passedOn = 0
  private var finished: [Int: [AnswerRecord]] = [:]
  /// Answers by place, those that wait for earlier ones included.
  private(set) var records: [Int: AnswerRecord]
  /// Answers by place that `finish` has returned, and earlier ones.
  private(set) var written: [Int: AnswerRecord]
  private(set) var failure: (any Error)?

  init(_ batches: [[Int]], earlier: [Int: AnswerRecord]) {
    self.batches = batches
    records = earlier
    written = earlier
  }

  mutating func next() -> (index: Int, places: [Int])? {
    guard failure == nil, handedOut < batches.count else { return nil }
    handedOut += 1
    return (handedOut - 1, batches[handedOut - 1])
  }

  /// Takes a batch's answers.
  /// - Returns: The answers that come next in order; none while an earlier batch is unfinished.
  mutating func finish(_ index: Int, _ answers: [AnswerRecord]) -> [AnswerRecord] {
    for (place, record) in zip(batches[index], answers) { records[place] = record }
    finished[index] = answers
    var next: [AnswerRecord] = []
    while let batch = finished.removeValue(forKey: passedOn) {
      for (place, record) in zip(batches[passedOn], batch) { written[place] = record }
      next += batch
      passedOn += 1
    }
    return next
  }

  mutating func fail(_ error: any Error) { failure = failure ?? error }
}

/// One of several equal parts of a benchmark, cut as LLaVA's scripts cut it.
package struct EvaluationChunk: Sendable, Equatable {
  package let index: Int
  package let count: Int

  /// - Precondition: `0 <= index < count`
  package init(_ index: Int, of count: Int) {
    precondition(index >= 0 && index < count, "chunk \(index) of \(count)")
    self.index = index
    self.count = count
  }

  /// The questions of the chunk; the last chunks may be empty, because all others have the same size.
  func range(of total: Int) -> Range<Int> {
    let size = total / count + (total % count == 0 ? 0 : 1)
    let (start, overflow) = size.multipliedReportingOverflow(by: index)
    let first = overflow ? total : min(start, total)
    return first..<min(first + size, total)
  }
}
