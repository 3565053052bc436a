/// Where a parsed value stood: a chain of keys and indices that ends at the file.
final class JSONPlace: Sendable {
  enum Step: Sendable {
    /// The root value of a text; `line` is that of a JSON Lines file.
    case root(file: String?, line: Int?)
    case key(String)
    case index(Int)
  }

  let parent: JSONPlace?
  let step: Step

  init(_ step: Step, in parent: JSONPlace? = nil) {
    self.step = step
    self.parent = parent
  }

  /// The file, the line of a JSON Lines file, and the way through keys and indices, such as `layers[3].name`.
  var described: (file: String?, line: Int?, path: String) {
    let outer = parent?.described ?? (file: nil, line: nil, path: "")
    switch step {
    case .root(let file, let line): return (file, line, "")
    case .key(let key):
      return (outer.file, outer.line, Self.path(outer.path, key))
    case .index(let index):
      return (outer.file, outer.line, "\(outer.path)[\(index)]")
    }
  }

  static func path(_ outer: String, _ key: String) -> String {
    outer.isEmpty ? key : "\(outer).\(key)"
  }
}
