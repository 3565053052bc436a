internal import Foundation

/// A table of texts, the first row naming the columns.
struct AnswerTable {
  let rows: [[String]]

  /// - Parameter format: an extension of a file's name; anything but csv and tsv gives a workbook.
  func data(format: String) -> Data {
    switch format.lowercased() {
    case "csv": Data(separated(by: ",").utf8)
    case "tsv": Data(separated(by: "\t").utf8)
    default: Workbook(rows).data
    }
  }

  private func separated(by separator: String) -> String {
    rows.map { $0.map { Self.quoted($0, separator) }.joined(separator: separator) + "\n" }.joined()
  }

  private static func quoted(_ field: String, _ separator: String) -> String {
    let special = separator.unicodeScalars + ["\"", "\n", "\r"]
    guard field.unicodeScalars.contains(where: { special.contains($0) }) else { return field }
    return "\"" + field.replacingOccurrences(of: "\"", with: "\"\"") + "\""
  }
}
