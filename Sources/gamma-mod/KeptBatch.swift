import Answering
import Benchmarks
import Files
import Foundation
import StrictJSON
import Synchronization
import Wording

/// Questions of a file whose answers are kept in another, from which the next run goes on.
///
/// Safe to share: what changes is behind a lock.
final class KeptBatch: Sendable {
  private struct State {
    /// Answers by the place of their question, those of earlier runs included.
    var records: [Int: AnswerRecord]
    var failures = 0
    var cut = 0
  }

  private let asker: QuestionAsker
  private let lines: [QuestionLines.Line]
  private let items: [BenchmarkItem]
  private let log: AnswerLog
  private let sideBySide: Int
  private let state: Mutex<State>

  /// Reads all questions and the answers that are there.
  /// - Parameter sideBySide: How many questions may be under way.
  /// - Throws: If a question's id is neither a text nor a whole number, or the file holds other answers.
  init(
    _ reader: consuming QuestionLines, _ asker: QuestionAsker, file: URL, overwrites: Bool,
    identity: AnswerIdentity, sideBySide: Int
  ) throws {
    var lines: [QuestionLines.Line] = []
    while let line = try reader.next() { lines.append(line) }
    items = try lines.map { line in
      guard let id = QuestionID(line.id) else {
        throw StreamError(
          "the question \(line.text.prefix(40)) has \(line.id.kind) as its id; give a text or a whole number")
      }
      return BenchmarkItem(id: id, image: nil, prompt: line.text)
    }
    log = try AnswerLog(file, items: items, identity: identity, existing: overwrites ? .replaced : .continued)
    (self.asker, self.lines, self.sideBySide) = (asker, lines, sideBySide)
    state = Mutex(State(records: log.answered))
    if !log.answered.isEmpty {
      StandardError.write(
        line: "\(log.answered.count) of \(counted(count, "answer is", "answers are")) there; continuing")
    }
    if log.wasTorn {
      StandardError.write(line: "the last answer was not written whole; asking again")
    }
  }

  var count: Int { lines.count }
  var answeredCount: Int { state.withLock { $0.records.count } }

  /// Answers what is not answered yet, in order. A question that fails is told of and left for the next run.
  func answer(_ progress: ProgressLine) async throws {
    progress.show(answeredCount, of: count)
    var open = lines.indices.filter { log.answered[$0] == nil }[...]
    var running: [(place: Int, request: Result<AnswerStream, any Error>)] = []
    while !Task.isCancelled {
      while running.count < sideBySide, let place = open.popFirst() {
        let line = lines[place]
        running.append((place, Result { try asker.ask(line.text, line.pictures()).stream }))
      }
      guard !running.isEmpty else { return }
      let (place, request) = running.removeFirst()
      do {
        try keep(try await request.get().answer(), at: place)
      } catch let error as FileError {
        throw error
      } catch {
        // Whoever cancels ends the streams as well.
        if Task.isCancelled { return }
        state.withLock { $0.failures += 1 }
        progress.clear()
        StandardError.write(line: "question \(items[place].id): \(Failure.sentence(error))")
      }
      progress.show(answeredCount, of: count)
    }
  }

  private func keep(_ answer: Answer, at place: Int) throws {
    guard answer.finishReason != .cancelled else { return }
    let record = AnswerRecord(
      to: items[place], text: answer.text.trimmingCharacters(in: .whitespacesAndNewlines),
      answerID: String(place), modelID: log.identity.modelID, metadata: log.identity.metadata)
    try log.append([record])
    state.withLock { state in
      state.records[place] = record
      if answer.finishReason == .length { state.cut += 1 }
    }
  }

  /// Brings the answers into the questions' order, and says what is missing.
  func finish() throws {
    let (records, failures, cut) = state.withLock { ($0.records, $0.failures, $0.cut) }
    try log.finish(records)
    if let note = CutAnswer.note(cut, of: count) { StandardError.write(line: note) }
    guard failures == 0 else {
      throw StreamError(
        "\(failures) of \(counted(count, "question")) could not be answered; the same command asks them again"
      )
    }
  }
}
