internal import Files
package import Foundation
package import StrictJSON
internal import Synchronization

/// An answer file in LLaVA's JSON Lines that grows as answers are made and can be continued after an interruption.
///
/// Safe to share: the open file is behind a lock, everything else is set once.
package final class AnswerLog: @unchecked Sendable {
  /// What happens to answers that are there already.
  package enum Existing: Sendable {
    /// They are kept if the same model made them with the same options; otherwise the run is refused.
    case continued
    /// As `continued`, and answers that do not say how they were made, as other programs write them, are kept too.
    case adopted
    /// They are deleted.
    case replaced
  }

  /// Answers by the place of their question in the run.
  package let answered: [Int: AnswerRecord]
  /// Whether the file ended in a line that was not written whole; the line is gone.
  package let wasTorn: Bool
  /// What new answers say about the model and how they were made.
  package let identity: AnswerIdentity
  private let items: [BenchmarkItem]
  private let url: URL
  private let file: Mutex<AppendFile>
  private var isInOrder: Bool

  /// Opens the file or creates it.
  /// - Parameters:
  ///   - items: all questions that may be answered in this file.
  ///   - identity: of the answers that will be added.
  /// - Throws: `BenchmarkError` if the file holds something else than answers of this run; `FileError` if it cannot be
  ///   opened or another process writes to it. The file is then as it was.
  package init(
    _ url: URL, items: [BenchmarkItem], identity: AnswerIdentity, existing: Existing = .continued
  ) throws {
    let file = try AppendFile(url)
    let content =
      Disk.kind(of: url) == .file ? FileManager.default.contents(atPath: url.path) ?? Data() : Data()
    var answered: [Int: AnswerRecord] = [:]
    var (length, isInOrder) = (0, true)
    if existing != .replaced {
      // What lies behind the last line end was being written when the run was killed.
      length = content.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
      let places = try Self.places(of: content.prefix(length), url, items, identity, existing)
      isInOrder = zip(places, places.dropFirst()).allSatisfy { $0.place < $1.place }
      answered = Dictionary(uniqueKeysWithValues: places)
    }
    wasTorn = existing != .replaced && length < content.count
    if length < content.count { try file.truncate(to: length) }
    (self.answered, self.identity, self.items, self.url) = (answered, identity, items, url)
    self.isInOrder = isInOrder
    self.file = Mutex(file)
  }

  /// Whether a file's first line is an answer rather than a question; what a run that was killed left of a line counts.
  package static func holdsAnswers(_ url: URL) -> Bool {
    guard Disk.kind(of: url) == .file, let content = FileManager.default.contents(atPath: url.path),
      let first = content.split(separator: UInt8(ascii: "\n"), maxSplits: 1).first
    else { return false }
    guard content.contains(UInt8(ascii: "\n")) else {
      return first.starts(with: Data("{\"question_id\"".utf8))
    }
    let object = (try? JSONValue(parsing: Data(first), file: url.path))?.object
    return object?["question_id"] != nil
      && ["prompt", "model_id", "answer_id"].contains { object?[$0] != nil }
  }

  /// The place among the questions of every line, and its answer.
  private static func places(
    of content: Data, _ url: URL, _ items: [BenchmarkItem], _ identity: AnswerIdentity, _ existing: Existing
  ) throws -> [(place: Int, record: AnswerRecord)] {
    var open: [QuestionKey: ArraySlice<Int>] = [:]
    for (place, item) in items.enumerated() { open[QuestionKey(item), default: []].append(place) }
    let lines = content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    return try lines.dropLast().enumerated().map { number, line in
      func fault(_ problem: String, _ remedy: String) -> BenchmarkError {
        .file(path: "\(url.path):\(number + 1)", problem: problem, remedy: remedy)
      }
      let record: AnswerRecord
      do {
        let value = try JSONValue(parsing: Data(line), file: url.path)
        guard let object = value.object else { throw fault("the line is no object", "") }
        record = try AnswerRecord(object)
      } catch {
        throw fault(
          "the line is no answer, so the file cannot be continued",
          "mend the line, name another file or start again with --overwrite")
      }
      let key = QuestionKey(id: record.questionID.description, prompt: record.prompt)
      guard let place = open[key]?.popFirst() else {
        throw fault(
          "the answer to \(record.questionID) belongs to no question of this run, or to one that is answered above",
          "name another file or start again with --overwrite")
      }
      let isForeign = record.metadata.isEmpty
      if isForeign ? existing != .adopted : !identity.made(record) {
        throw fault(
          isForeign
            ? "the answer does not say how it was made"
            : "the answer was made by \(AnswerIdentity(record)), and this run is \(identity)",
          isForeign
            ? "continue the file all the same with --resume, or start again with --overwrite"
            : "give the same options, name another file or start again with --overwrite")
      }
      return (place, record)
    }
  }

  /// Adds answers behind those that are there, whole lines at once.
  /// - Throws: `FileError` if they cannot be written.
  package func append(_ records: [AnswerRecord]) throws {
    let lines = try AnswerFile(records).text()
    try file.withLock { try $0.append(Data(lines.utf8)) }
  }

  /// Brings everything to the disk, in the order of the questions.
  /// - Parameter all: answers by place, those of `answered` included.
  /// - Throws: `FileError` if they cannot be written.
  package func finish(_ all: [Int: AnswerRecord]) throws {
    try file.withLock { file in
      let places = all.keys.sorted()
      let isAppended =
        isInOrder && (answered.keys.max() ?? -1) < (places.first { answered[$0] == nil } ?? .max)
      if isAppended { return try file.synchronize() }
      try AtomicFile.write(AnswerFile(places.compactMap { all[$0] }).text(), to: url)
    }
  }
}

/// The model and the options that made an answer; answers of different ones must not be mixed.
package struct AnswerIdentity: Sendable, Equatable, CustomStringConvertible {
  package let modelID: String
  /// Options that change answers, by name.
  package let metadata: JSONObject

  package init(modelID: String, metadata: JSONObject) {
    self.modelID = modelID
    self.metadata = metadata
  }

  init(_ record: AnswerRecord) { self.init(modelID: record.modelID, metadata: record.metadata) }

  func made(_ record: AnswerRecord) -> Bool { AnswerIdentity(record) == self }

  package var description: String { "\(modelID) \((try? metadata.text()) ?? "")" }
}
