import Foundation
import Testing

/// No sentence of the sources puts a number before a plural of its own: `counted` decides between one and many.
@Suite struct PluralTests {
  private static let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Sources")

  /// Things that users have one of. Sides of pictures and limits are never one, and preconditions nobody reads.
  private static let nouns = [
    "questions", "answers", "steps", "pictures", "tensors", "layers", "tokens", "rows", "bytes", "samples",
    "files", "values", "columns", "fields",
  ]
  private static let exceptions = [
    "precondition", "limit", "Limit", "counted(", "Self.grouped", "×", "cursor.remaining", "1 to",
    "meet a batch",
  ]

  private static func plurals(in line: Substring) -> [String] {
    guard let opening = line.firstRange(of: "\\(") else { return [] }
    let text = line[opening.upperBound...]
    guard !line.drop(while: \.isWhitespace).hasPrefix("///"),
      !exceptions.contains(where: { line.contains($0) })
    else { return [] }
    return nouns.filter { noun in
      text.ranges(of: ") \(noun)").contains { text[$0.upperBound...].first?.isLetter != true }
    }
  }

  @Test func numbersAndTheirNounsAgree() throws {
    let files = try #require(
      FileManager.default.enumerator(at: Self.sources, includingPropertiesForKeys: nil))
    var seen = 0
    for case let file as URL in files where file.pathExtension == "swift" {
      seen += 1
      guard !["Tensors", "StrictJSON"].contains(where: { file.path.contains("/\($0)/") }) else { continue }
      for (number, line) in try String(contentsOf: file, encoding: .utf8)
        .split(separator: "\n", omittingEmptySubsequences: false).enumerated()
      {
        let found = Self.plurals(in: line)
        #expect(found.isEmpty, "\(file.lastPathComponent):\(number + 1): \(found)")
      }
    }
    #expect(seen > 300)
  }

  @Test func thePatternFindsThem() {
    #expect(Self.plurals(in: #"throw Fault("\(count) questions are there")"#).count == 1)
    #expect(Self.plurals(in: #"throw Fault("\(counted(count, "question")) are there")"#).isEmpty)
  }
}
