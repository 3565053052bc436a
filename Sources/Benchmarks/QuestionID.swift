package import StrictJSON

/// What names a question in the official files: a number in some benchmarks, text in others.
package enum QuestionID: Sendable, Hashable, CustomStringConvertible {
  case number(Int)
  case text(String)

  /// The same for 7 and "7", because converters mix them.
  package var description: String {
    switch self {
    case .number(let number): String(number)
    case .text(let text): text
    }
  }

  package init?(_ value: JSONValue) {
    if let number = value.int {
      self = .number(number)
    } else if let text = value.string {
      self = .text(text)
    } else {
      return nil
    }
  }

  var json: JSONValue {
    switch self {
    case .number(let number): JSONValue(number)
    case .text(let text): JSONValue(text)
    }
  }

  /// Reads the value of a key that must be there.
  static func read(_ object: JSONObject, _ key: String) throws(JSONError) -> QuestionID {
    guard let id = QuestionID(try object.value(key)) else {
      throw object.error(at: key, "must be a string or an integer")
    }
    return id
  }
}
