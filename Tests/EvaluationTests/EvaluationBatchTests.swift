import Testing

@testable import Benchmarks
@testable import Evaluation

@Suite struct EvaluationBatchTests {
  @Test func chunksAreCutAsLLaVACutsThem() {
    #expect((0..<3).map { EvaluationChunk($0, of: 3).range(of: 7) } == [0..<3, 3..<6, 6..<7])
    #expect((0..<4).map { EvaluationChunk($0, of: 4).range(of: 5) } == [0..<2, 2..<4, 4..<5, 5..<5])
    #expect(EvaluationChunk(1, of: 2).range(of: 0).isEmpty)
  }

  @Test func batchesFollowEachOtherAndAreCutBetweenPictures() {
    func item(_ picture: String) -> BenchmarkItem {
      BenchmarkItem(id: .text(picture), image: .base64(picture), prompt: "?")
    }
    let items = ["a", "a", "a", "b", "b", "b", "c", "d", "d", "d", "d", "d", "d"].map(item)
    let all = EvaluationBatches.batches(items, places: Array(items.indices), count: 4)
    #expect(all == [[0, 1, 2], [3, 4, 5, 6], [7, 8, 9, 10], [11, 12]])
    #expect(EvaluationBatches.batches(items, places: [1, 2, 6, 12], count: 4) == [[1, 2], [6], [12]])
    #expect(EvaluationBatches.batches(items, places: [], count: 4).isEmpty)
  }

  @Test func answersComeInTheOrderOfTheirBatches() {
    func record(_ id: Int) -> AnswerRecord {
      AnswerRecord(questionID: .number(id), prompt: "", text: "")
    }
    var queue = BatchQueue([[0, 1], [2], [3]], earlier: [:])
    #expect(queue.next()?.places == [0, 1])
    #expect(queue.next()?.places == [2])
    #expect(queue.next()?.places == [3])
    #expect(queue.next() == nil)
    #expect(queue.finish(2, [record(3)]).isEmpty)
    #expect(queue.finish(0, [record(0), record(1)]) == [record(0), record(1)])
    #expect(queue.written.keys.sorted() == [0, 1])
    #expect(queue.finish(1, [record(2)]) == [record(2), record(3)])
  }
}
