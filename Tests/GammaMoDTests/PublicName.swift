/// A public declaration, or a case of a public enumeration.
struct PublicName: Equatable {
  let module: String
  /// The declaration without its body, behind the names of the types that it lies in.
  let text: String
  let isDocumented: Bool
  let isCase: Bool

  /// Reads formatted Swift: a declaration begins its line, and a type's members stand two columns deeper than it.
  static func scan(_ source: String, module: String) -> [PublicName] {
    let lines = source.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    var found: [PublicName] = []
    var types: [(column: Int, name: String, isPublicEnum: Bool)] = []
    for (number, line) in lines.enumerated() {
      let words = line.split(separator: " ").map(String.init)
      guard let first = words.first, !first.hasPrefix("//") else { continue }
      let column = line.prefix { $0 == " " }.count
      types.removeAll { $0.column >= column && first != ")" }
      let isOpen = first == "open" && ["class", "func", "var"].contains(words.dropFirst().first)
      let isPublic =
        isOpen
        || words.prefix(3).contains { $0 == "public" || $0.hasPrefix("public(") } && !words.contains("import")
      let isCase = first == "case" && types.last.map { $0.isPublicEnum && $0.column == column - 2 } ?? false
      if isPublic || isCase {
        let path = types.map { $0.name + "." }.joined()
        found.append(
          PublicName(
            module: module, text: path + text(lines[number...]), isDocumented: isDocumented(lines[..<number]),
            isCase: isCase))
      }
      let kinds = ["struct", "class", "enum", "actor", "extension", "protocol"]
      guard let kind = words.firstIndex(where: kinds.contains), kind + 1 < words.count, line.hasSuffix("{"),
        words[..<kind].allSatisfy({ $0.allSatisfy { $0.isLetter || $0 == "@" } })
      else { continue }
      let name = String(words[kind + 1].prefix { $0.isLetter || $0.isNumber || $0 == "." || $0 == "_" })
      types.append((column, name, isPublic && words[kind] == "enum"))
    }
    return found
  }

  /// The declaration up to its body, on one line.
  private static func text(_ lines: ArraySlice<String>) -> String {
    var (text, depth) = ("", 0)
    for (number, line) in lines.enumerated() {
      // An effect, a result or a body may stand on a line of its own.
      let goesOn = ["async", "throws", "->", "{"].contains { line.drop { $0 == " " }.hasPrefix($0) }
      if number > 0, depth == 0, !goesOn { break }
      text += " "
      for character in line {
        if character == "(" { depth += 1 }
        if character == ")" { depth -= 1 }
        if character == "{", depth == 0 { return clean(text) }
        text.append(character)
      }
    }
    return clean(text)
  }

  private static func clean(_ text: String) -> String {
    text.split(separator: " ").filter { $0 != "public" && !$0.hasPrefix("@") }.joined(separator: " ")
  }

  /// Whether a doc comment stands above, attributes between them aside.
  private static func isDocumented(_ above: ArraySlice<String>) -> Bool {
    let line = above.last { !$0.drop(while: { $0 == " " }).hasPrefix("@") }
    return line?.drop(while: { $0 == " " }).hasPrefix("///") ?? false
  }
}
