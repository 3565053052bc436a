internal import Files
package import Foundation
internal import StrictJSON

/// A model's answers as read from a file or collected during a run.
package struct AnswerFile: Sendable {
  package var records: [AnswerRecord]
  /// Whether the file was in the benchmark's upload format: the answers are final, no converter runs over them.
  package internal(set) var isConverted = false
  /// Rows that cannot be read.
  package internal(set) var faults: [RowFault] = []

  /// Answers just collected, in the order of the questions.
  package init(_ records: [AnswerRecord]) {
    self.records = records
  }

  /// Reads one file after the other, as chunks of a run are merged.
  /// - Parameter urls: Files in the formats of `init(contentsOf:)`, or folders of MMMU's output files,
  ///   `SUBJECT/output.json`.
  /// - Throws: `BenchmarkError` or `JSONError` if there is no such file or its format is another one. Rows at fault are
  ///   collected in `faults`; scoring decides about them.
  package init(merging urls: [URL]) throws {
    self.init([])
    for (index, url) in try urls.flatMap(Self.files).enumerated() {
      let file = try AnswerFile(contentsOf: url)
      guard index == 0 || file.isConverted == isConverted else {
        throw BenchmarkError.file(
          path: url.path, problem: "some files hold answers as given and others answers ready for upload",
          remedy: "give files of one kind")
      }
      isConverted = file.isConverted
      records += file.records
      faults += file.faults
    }
  }

  private static func files(_ url: URL) throws -> [URL] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder), isFolder.boolValue else {
      return [url]
    }
    let names = try Disk.names(in: url).sorted()
    let files = names.map { url.appending(path: $0).appending(path: "output.json") }
      .filter { FileManager.default.fileExists(atPath: $0.path) }
    guard !files.isEmpty else {
      throw BenchmarkError.file(
        path: url.path, problem: "the folder holds no SUBJECT/output.json", remedy: "give an answer file")
    }
    return files
  }

  /// Reads LLaVA's JSON Lines, or one of the upload formats: an object {id: answer}, or a list of objects with
  /// `question_id`, `questionId` or `id`, and `answer`, `prediction` or `response`.
  /// - Throws: `BenchmarkError` or `JSONError` if the file cannot be read or has none of these formats.
  package init(contentsOf url: URL) throws {
    self.init([])
    switch try Self.firstByte(url) {
    case UInt8(ascii: "["):
      try read(list: url)
    case UInt8(ascii: "{"):
      // One object over the whole file maps ids to answers; an answer file has one object a line.
      if let object = try? JSONObject.read(contentsOf: url), object["question_id"] == nil {
        read(map: object, url)
      } else {
        try read(lines: url)
      }
    default:
      try read(lines: url)
    }
  }

  /// Whether a file holds a judge's grades of MM-Vet instead of answers.
  package static func holdsGrades(_ url: URL) -> Bool {
    guard let object = try? JSONObject.read(contentsOf: url), let first = object.first else { return false }
    return first.value.object?["score"]?.array != nil
  }

  /// The first byte that is no space.
  private static func firstByte(_ url: URL) throws -> UInt8? {
    do {
      let handle = try FileHandle(forReadingFrom: url)
      defer { try? handle.close() }
      return try handle.read(upToCount: 1024)?.first { $0 > 0x20 }
    } catch {
      throw BenchmarkError.file(
        path: url.path, problem: "the answers cannot be read", remedy: "check the path")
    }
  }

  private mutating func read(lines url: URL) throws {
    var reader = try JSONLinesReader(url)
    while true {
      let before = reader.line
      do {
        guard let object = try reader.readObject() else { return }
        records.append(try AnswerRecord(object))
      } catch {
        guard reader.line > before else { throw error }
        faults.append(RowFault(error))
      }
    }
  }

  private mutating func read(list url: URL) throws {
    for (index, element) in (try JSONValue.read(contentsOf: url).array ?? []).enumerated() {
      do {
        guard let object = element.object else {
          throw BenchmarkError.file(
            path: url.path, problem: "entry \(index) is no object",
            remedy: "give a list of objects with an id and an answer")
        }
        records.append(try AnswerRecord(object))
        // MMMU's output files are lists too, but hold what the model said.
        isConverted = object["response"] == nil
      } catch {
        faults.append(RowFault(error))
      }
    }
  }

  private mutating func read(map object: JSONObject, _ url: URL) {
    isConverted = true
    for (key, value) in object {
      if let text = value.string {
        records.append(AnswerRecord(questionID: .text(key), prompt: "", text: text))
      } else {
        faults.append(
          RowFault(
            BenchmarkError.file(
              path: url.path, problem: "the answer to \(key) is not text",
              remedy: "give an object that maps question ids to answers")))
      }
    }
  }

  /// The text of an answer file in LLaVA's JSON Lines.
  package func text() throws -> String {
    try records.map { try $0.json.text() + "\n" }.joined()
  }

  /// The last answer to each question, by id.
  var byID: [String: AnswerRecord] {
    Dictionary(records.map { ($0.questionID.description, $0) }) { $1 }
  }

  /// How many records answer the same question with the same prompt as one before them.
  var repeatedCount: Int {
    records.count - Set(records.map { QuestionKey(id: $0.questionID.description, prompt: $0.prompt) }).count
  }
}

/// What tells questions apart: some benchmarks give the questions about one picture the same id.
struct QuestionKey: Hashable {
  let id: String
  let prompt: String
}

extension QuestionKey {
  init(_ item: BenchmarkItem) { self.init(id: item.id.description, prompt: item.storedPrompt) }
}
