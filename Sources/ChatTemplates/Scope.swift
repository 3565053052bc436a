/// Names and their values, on top of those around them.
final class Scope {
  private var names: [(name: String, value: Value)]
  private let parent: Scope?

  init(_ names: [(String, Value)] = [], in parent: Scope? = nil) {
    self.names = names.map { (name: $0.0, value: $0.1) }
    self.parent = parent
  }

  func value(_ name: String) -> Value? {
    var scope: Scope? = self
    while let here = scope {
      if let found = here.names.last(where: { $0.name == name }) { return found.value }
      scope = here.parent
    }
    return nil
  }

  func set(_ name: String, _ value: Value) {
    if let index = names.firstIndex(where: { $0.name == name }) {
      names[index].value = value
    } else {
      names.append((name, value))
    }
  }
}

/// A scope that outlives its statements; it lets go of it when the template has been rendered.
final class KeptScope {
  var scope: Scope?

  init(_ scope: Scope) { self.scope = scope }
}
