import Foundation
import RunTesting
import StrictJSON
import Testing

@testable import PocketTraining
@testable import Training

/// The table of keys in `docs/training.md` against the code.
@Suite struct RunFileKeysTests {
  /// A row of the table: a key, and its value where the file leaves it out, as JSON; nil where words say it.
  struct Row {
    let key: String
    let fallback: JSONValue?
    let isNeeded: Bool
  }

  private static let conversations = Set(ConversationStage.keys)
  private static let pocket = Set(PocketStage.keys)

  private static func rows() throws -> [Row] {
    let page = try String(
      contentsOf: TinyRun.repository.appending(path: "docs/training.md"), encoding: .utf8)
    let section = try #require(page.components(separatedBy: "\n## ").first { $0.hasPrefix("All keys") })
    return try section.split(separator: "\n").filter { $0.hasPrefix("| `") }.map { line in
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      try #require(cells.count == 3, "\(line)")
      let isLiteral = cells[1].hasPrefix("`") && cells[1].hasSuffix("`")
      let literal = Data(cells[1].trimmingCharacters(in: ["`"]).utf8)
      return Row(
        key: cells[0].trimmingCharacters(in: ["`"]),
        // JSONValue has a null of its own.
        fallback: isLiteral ? try JSONValue(parsing: literal, file: "\(line)") : Optional.none,
        isNeeded: cells[1].hasPrefix("needed"))
    }
  }

  /// Everything that a run with these keys is, in words.
  private func description(_ members: [String: JSONValue]) throws -> [Substring] {
    let pairs = members.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    let run = try TrainingRun(runFile: JSONObject(pairs), from: URL(filePath: "/runs/"))
    var text = ""
    dump(run, to: &text)
    return text.split(separator: "\n").sorted()
  }

  private func members(for key: String) -> [String: JSONValue] {
    var members: [String: JSONValue] = [
      "stage": "instruct", "model": "m", "tokenizer": "t", "output": "o", "steps": 3, "learning_rate": 0.1,
    ]
    if Self.conversations.contains(key) { members["data"] = "talk.json" }
    return members
  }

  @Test func theTableHasEveryKeyOnce() throws {
    let rows = try Self.rows().map(\.key)
    let known = RunConfiguration.keys + ConversationStage.keys + PocketStage.keys
    #expect(rows.sorted() == known.sorted())
  }

  @Test func aKeyThatIsLeftOutMeansWhatTheTableSays() throws {
    let rows = try Self.rows().filter { $0.fallback != nil }
    #expect(rows.count > 20)
    for row in rows {
      var members = members(for: row.key)
      let without = try description(members)
      members[row.key] = row.fallback
      #expect(try description(members) == without, "\(row.key)")
    }
  }

  /// The comparison above tells values apart.
  @Test func anotherValueMeansSomethingElse() throws {
    for (key, value) in [("weight_decay", 0.06), ("practice", true), ("max_length", 100)]
      as [(String, JSONValue)]
    {
      var members = members(for: key)
      let without = try description(members)
      members[key] = value
      #expect(try description(members) != without, "\(key)")
    }
  }

  @Test func whatTheTableCallsNeededIs() throws {
    let needed = try Self.rows().filter(\.isNeeded).map(\.key)
    #expect(needed.sorted() == ["learning_rate", "model", "output", "stage", "steps", "tokenizer"])
    for key in needed {
      var members = members(for: key)
      members[key] = nil
      let error = #expect(throws: JSONError.self) { try description(members) }
      #expect(error.map { "\($0)" }?.contains(key) == true, "\(key)")
    }
  }
}
