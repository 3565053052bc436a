internal import Benchmarks

/// Cuts questions into batches.
enum EvaluationBatches {
  /// Batches of at most `count` places that follow each other, cut between pictures rather than between the questions
  /// about one, unless that would leave a batch less than half full.
  static func batches(_ items: [BenchmarkItem], places: [Int], count: Int) -> [[Int]] {
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

  private static func samePicture(_ left: BenchmarkItem, _ right: BenchmarkItem) -> Bool {
    left.image != nil && left.image == right.image
  }
}
