internal import Foundation
internal import Wording

/// MMBench's table: one question a row, fields separated by tabs.
struct MMBenchTable {
  /// The names of all columns, in their order.
  let columns: [String]
  let rows: [Row]

  struct Row {
    let index: Int
    let question: String
    let hint: String?
    /// Up to the first missing one, as the loader asks them.
    let options: [String]
    /// Every option that is there with its letter, as the scorer sees them.
    let lettered: [(letter: String, text: String)]
    let answer: String
    let category: String
    let subcategory: String
    let image: String
    /// As they stand in the table, one per column.
    let fields: [String]
  }

  /// - Parameter limit: bytes of the largest file that is read.
  init(contentsOf url: URL, faults: RowFaults, limit: Int = 1 << 30) throws {
    func fault(_ problem: String, _ remedy: String) -> BenchmarkError {
      .file(path: url.path, problem: problem, remedy: remedy)
    }
    let size = (try? FileManager.default.attributesOfItem(atPath: url.path))?[.size] as? Int
    if let size, size > limit {
      throw fault("the table has \(counted(size, "byte")) and the limit is \(limit)", "split the table")
    }
    guard let data = FileManager.default.contents(atPath: url.path) else {
      throw fault("the table cannot be read", "check its permissions")
    }
    var lines = TabSeparated.rows(data)
    guard !lines.isEmpty else { throw fault("the table is empty", "download it again") }
    columns = lines.removeFirst()
    let places = Dictionary(columns.enumerated().map { ($1, $0) }) { first, _ in first }
    for name in ["index", "question", "A", "image"] where places[name] == nil {
      throw fault("the table has no column \(name)", "give MMBench's TSV file")
    }
    let count = columns.count
    rows = try lines.enumerated().compactMap { number, fields in
      try faults.row {
        guard fields.count <= count else {
          throw fault(
            "row \(number + 2) has \(counted(fields.count, "field")) and the table \(counted(count, "column"))",
            "mend the row")
        }
        return try Row(fields + [String](repeating: "", count: count - fields.count), places) {
          fault("row \(number + 2) has no whole number as its index", "give MMBench's TSV file")
        }
      }
    }
  }
}

extension MMBenchTable.Row {
  fileprivate init(
    _ fields: [String], _ places: [String: Int], _ fault: () -> BenchmarkError
  ) throws {
    func field(_ name: String) -> String? {
      places[name].map { fields[$0] }.flatMap { Self.isMissing($0) ? nil : $0 }
    }
    guard let index = field("index").flatMap({ Int($0) }) else { throw fault() }
    let choices = Letters.all.prefix(4).map { field($0) }.prefix { $0.map { !Self.isNone($0) } ?? false }
    self.init(
      index: index, question: field("question") ?? "",
      hint: field("hint").flatMap { Self.isNone($0) ? nil : $0 }, options: choices.compactMap { $0 },
      lettered: Letters.all.compactMap { letter in field(letter).map { (letter, $0) } },
      answer: field("answer") ?? "", category: field("l2-category") ?? "",
      subcategory: field("category") ?? "", image: field("image") ?? "", fields: fields)
  }

  /// What the official loader drops besides missing values.
  private static func isNone(_ text: String) -> Bool {
    text.lowercased() == "nan" || text.lowercased() == "none"
  }

  /// What pandas takes for a missing value.
  static func isMissing(_ text: String) -> Bool { missing.contains(text) }

  private static let missing: Set<String> = [
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A",
    "NA", "NULL", "NaN", "None", "n/a", "nan", "null",
  ]
}

extension BenchmarkFolder {
  /// What the loader appends for the Chinese tables.
  private static let chineseSuffix = "\n请直接回答选项字母。"

  /// The table's questions with their options on lines of their own. γ-MoD's English script asks for no letter.
  func mmbenchItems(_ rules: ScoringProtocol?) throws -> [BenchmarkItem] {
    let url = try questionFile ?? file(("", ".tsv"))
    let rows = try MMBenchTable(contentsOf: url, faults: faults).rows
    let suffix =
      url.lastPathComponent.contains("_cn")
      ? Self.chineseSuffix : rules == .gammaMoD ? "" : Self.letterSuffix
    // VLMEvalKit's tables name another row's index in place of the same picture.
    let pictures = Dictionary(rows.map { ($0.index, $0.image) }) { first, _ in first }
    return rows.map { row in
      let lines = row.options.enumerated().map { "\n\(Letters.all[$0]). \($1)" }
      let question = (row.hint.map { $0 + "\n" } ?? "") + row.question + lines.joined()
      return BenchmarkItem(
        id: .number(row.index), image: .base64(Int(row.image).flatMap { pictures[$0] } ?? row.image),
        prompt: question + suffix, storedPrompt: question, category: row.subcategory, options: row.options,
        place: url.path)
    }
  }
}
