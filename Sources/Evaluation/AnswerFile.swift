public import Foundation
import StrictJSON

/// A model's answers as read from a file or collected during a run.
public struct AnswerFile: Sendable {
  public var records: [AnswerRecord]
  /// Whether the file was in the benchmark's upload format: the answers are final, no converter runs over them.
  public var isConverted: Bool
  /// Lines that were no JSON and were left out, as the official converters do.
  public var brokenLines: Int

  /// Answers just collected, in the order of the questions.
  public init(_ records: [AnswerRecord]) {
    self.records = records
    isConverted = false
    brokenLines = 0
  }

  /// Reads LLaVA's JSON Lines, or one of the upload formats: an object {id: answer}, or a list of objects with
  /// `question_id`, `questionId` or `id`, and `answer`, `prediction` or `response`.
  /// - Throws: `EvaluationError` or `JSONError` if the file cannot be read or has none of these formats.
  public init(contentsOf url: URL) throws {
    switch try Self.firstByte(url) {
    case UInt8(ascii: "["):
      try self.init(list: url)
    case UInt8(ascii: "{"):
      // One object over the whole file maps ids to answers; an answer file has one object a line.
      if let object = try? JSONObject.read(contentsOf: url), object["question_id"] == nil {
        try self.init(map: object, url)
      } else {
        try self.init(lines: url)
      }
    default:
      try self.init(lines: url)
    }
  }

  /// The first byte that is no space.
  private static func firstByte(_ url: URL) throws -> UInt8? {
    do {
      let handle = try FileHandle(forReadingFrom: url)
      defer { try? handle.close() }
      return try handle.read(upToCount: 1024)?.first { $0 > 0x20 }
    } catch {
      throw EvaluationError.file(
        path: url.path, problem: "the answers cannot be read", remedy: "check the path")
    }
  }

  private init(lines url: URL) throws {
    self.init([])
    var reader = try JSONLinesReader(url)
    while let line = try Self.next(&reader) {
      if case .object(let object) = line {
        records.append(try Self.record(object))
      } else {
        brokenLines += 1
      }
    }
  }

  /// The value of the next line, null if its syntax is at fault; nil at the end of the file.
  private static func next(_ reader: inout JSONLinesReader) throws(JSONError) -> JSONValue? {
    do throws(JSONError) {
      return try reader.read()
    } catch {
      guard error.column != nil else { throw error }
      return .null
    }
  }

  private init(list url: URL) throws {
    self.init([])
    for element in try JSONValue.read(contentsOf: url).array ?? [] {
      guard let object = element.object else {
        throw EvaluationError.file(
          path: url.path, problem: "the list holds something other than objects",
          remedy: "give a list of objects with an id and an answer")
      }
      records.append(try Self.record(object))
      // MMMU's output files are lists too, but hold what the model said.
      isConverted = object["response"] == nil
    }
  }

  private init(map object: JSONObject, _ url: URL) throws {
    self.init([])
    isConverted = true
    for (key, value) in object {
      guard let text = value.string else {
        throw EvaluationError.file(
          path: url.path, problem: "the answer to \(key) is not text",
          remedy: "give an object that maps question ids to answers")
      }
      records.append(AnswerRecord(questionID: .text(key), prompt: "", text: text))
    }
  }

  private static func record(_ object: JSONObject) throws(JSONError) -> AnswerRecord {
    let idKey = ["question_id", "questionId", "id"].first { object[$0] != nil } ?? "question_id"
    // MMMU's output files hold the right answer beside the response, so the response is looked for first.
    let textKey = ["text", "response", "prediction", "answer"].first { object[$0] != nil } ?? "text"
    return AnswerRecord(
      questionID: try QuestionID.read(object, idKey), prompt: try object.optionalString("prompt") ?? "",
      text: try object.string(textKey), options: try options(object))
  }

  /// Options as MMBench's answer files list them, or as MMMU's output files name them by letter.
  private static func options(_ object: JSONObject) throws(JSONError) -> [String] {
    if let lettered = try object.optionalObject("index2ans") { return lettered.compactMap(\.value.string) }
    return try object.optionalStrings("options") ?? []
  }

  /// The text of an answer file in LLaVA's JSON Lines.
  public func text(model: String) throws -> String {
    try records.map { try $0.json(model: model).text() + "\n" }.joined()
  }

  /// The last answer to each question, by id.
  var byID: [String: AnswerRecord] {
    Dictionary(records.map { ($0.questionID.description, $0) }) { $1 }
  }
}
