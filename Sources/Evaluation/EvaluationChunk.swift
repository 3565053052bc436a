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
