import Foundation

/// MMBench's table: one question a row, fields separated by tabs.
struct MMBenchTable {
  let rows: [Row]

  struct Row {
    let index: Int
    let question: String
    let hint: String?
    /// Up to the first missing one.
    let options: [String]
    /// Every option that is there with its letter, as the scorer sees them.
    let lettered: [(letter: String, text: String)]
    let answer: String
    let category: String
    let subcategory: String
    let image: String
  }

  /// - Parameter limit: bytes of the largest file that is read.
  init(contentsOf url: URL, limit: Int = 1 << 30) throws {
    let size = (try? FileManager.default.attributesOfItem(atPath: url.path))?[.size] as? Int
    if let size, size > limit {
      throw EvaluationError.file(
        path: url.path, problem: "the table has \(size) bytes and the limit is \(limit)",
        remedy: "split the table")
    }
    guard let data = FileManager.default.contents(atPath: url.path) else {
      throw EvaluationError.file(
        path: url.path, problem: "the table cannot be read", remedy: "check its permissions")
    }
    var lines = Self.fields(data)
    guard !lines.isEmpty else {
      throw EvaluationError.file(path: url.path, problem: "the table is empty", remedy: "download it again")
    }
    let header = lines.removeFirst()
    let columns = Dictionary(header.enumerated().map { ($1, $0) }) { first, _ in first }
    for name in ["index", "question", "A", "image"] where columns[name] == nil {
      throw EvaluationError.file(
        path: url.path, problem: "the table has no column \(name)", remedy: "give MMBench's TSV file")
    }
    rows = try lines.enumerated().map { number, fields in
      func field(_ name: String) -> String? {
        columns[name].flatMap { fields.indices.contains($0) ? fields[$0] : nil }.flatMap(Self.present)
      }
      guard let index = field("index").flatMap({ Int($0) }) else {
        throw EvaluationError.file(
          path: url.path, problem: "row \(number + 2) has no whole number as its index",
          remedy: "give MMBench's TSV file")
      }
      let choices = Letters.all.prefix(4).map { (letter: $0, text: field($0)) }
      return Row(
        index: index, question: field("question") ?? "", hint: field("hint"),
        options: choices.prefix { $0.text != nil }.compactMap(\.text),
        lettered: choices.compactMap { choice in choice.text.map { (choice.letter, $0) } },
        answer: field("answer") ?? "", category: field("l2-category") ?? "",
        subcategory: field("category") ?? "", image: field("image") ?? "")
    }
  }

  /// Nil for what the official reader takes for a missing value.
  private static func present(_ text: String) -> String? {
    let missing = text.isEmpty || text.lowercased() == "nan" || text.lowercased() == "none"
    return missing ? nil : text
  }

  /// Splits into rows and fields; a field in double quotes may hold tabs and line ends, and "" for a quote.
  private static func fields(_ data: Data) -> [[String]] {
    let bytes = [UInt8](data)
    var rows: [[String]] = []
    var row: [String] = []
    var field: [UInt8] = []
    var isQuoted = false
    var position = 0
    func end() {
      row.append(String(decoding: field, as: UTF8.self))
      field.removeAll(keepingCapacity: true)
    }
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if isQuoted {
        if byte != UInt8(ascii: "\"") {
          field.append(byte)
        } else if position < bytes.count, bytes[position] == byte {
          field.append(byte)
          position += 1
        } else {
          isQuoted = false
        }
      } else if byte == UInt8(ascii: "\""), field.isEmpty {
        isQuoted = true
      } else if byte == UInt8(ascii: "\t") {
        end()
      } else if byte == UInt8(ascii: "\n") {
        if field.last == UInt8(ascii: "\r") { field.removeLast() }
        end()
        rows.append(row)
        row = []
      } else {
        field.append(byte)
      }
    }
    if !field.isEmpty || !row.isEmpty {
      end()
      rows.append(row)
    }
    return rows.filter { $0 != [""] }
  }
}

extension BenchmarkFolder {
  /// The table's questions with their options on lines of their own.
  func mmbenchItems() throws -> [EvaluationItem] {
    try MMBenchTable(contentsOf: try file(("", ".tsv"))).rows.map { row in
      let lines = row.options.enumerated().map { "\n\(Letters.all[$0]). \($1)" }
      let question = (row.hint.map { $0 + "\n" } ?? "") + row.question + lines.joined()
      return EvaluationItem(
        id: .number(row.index), image: .base64(row.image), prompt: question + Self.letterSuffix,
        storedPrompt: question, category: row.subcategory, options: row.options)
    }
  }
}
