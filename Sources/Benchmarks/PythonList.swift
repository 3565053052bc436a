/// Reads Python's list literals, as which data sets store options.
enum PythonList {
  /// The strings of a literal such as `['red', "it's"]`.
  static func strings(_ literal: String) -> [String] {
    let scalars = Array(literal.unicodeScalars)
    var items: [String] = []
    var position = 0
    while position < scalars.count {
      let quote = scalars[position]
      position += 1
      if quote == "'" || quote == "\"" { items.append(string(scalars, &position, until: quote)) }
    }
    return items
  }

  private static func string(
    _ scalars: [Unicode.Scalar], _ position: inout Int, until quote: Unicode.Scalar
  ) -> String {
    var text = String.UnicodeScalarView()
    while position < scalars.count, scalars[position] != quote {
      let scalar = scalars[position]
      position += 1
      guard scalar == "\\", position < scalars.count else {
        text.append(scalar)
        continue
      }
      text.append(contentsOf: escape(scalars, &position))
    }
    position += 1
    return String(text)
  }

  private static let plain: [Unicode.Scalar: Unicode.Scalar] = [
    "n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", "\"": "\"",
  ]
  private static let digits: [Unicode.Scalar: Int] = ["x": 2, "u": 4, "U": 8]

  /// What an escape behind its backslash stands for; unknown ones stay as they are.
  private static func escape(_ scalars: [Unicode.Scalar], _ position: inout Int) -> [Unicode.Scalar] {
    let name = scalars[position]
    position += 1
    if let meaning = plain[name] { return [meaning] }
    if let count = digits[name], position + count <= scalars.count {
      let code = String(String.UnicodeScalarView(scalars[position..<position + count]))
      if let meaning = UInt32(code, radix: 16).flatMap(Unicode.Scalar.init) {
        position += count
        return [meaning]
      }
    }
    return ["\\", name]
  }
}
