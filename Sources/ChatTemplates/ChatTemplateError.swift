/// Why a chat template could not be read or rendered.
package struct ChatTemplateError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What kind of fault it is.
  package enum Kind: Sendable {
    /// The template is not written as Jinja wants it.
    case syntax
    /// The template itself refuses the conversation (`raise_exception`).
    case refusal
    /// Something in it cannot be done, such as adding a number to a text.
    case failure
    /// It asks for more work, memory or depth than a template may take.
    case limit
    /// Part of Jinja that chat templates do not use.
    case unsupported
  }

  package let kind: Kind
  /// The file, or where else the template is from.
  package let name: String
  /// Counted from 1.
  package let line: Int
  /// What is wrong, as a sentence without its full stop.
  package let message: String

  package var description: String { "\(name):\(line): \(message)." }
}

/// A fault before it is known where it happened.
struct TemplateFault: Error {
  let kind: ChatTemplateError.Kind
  let message: String

  init(_ message: String) { self.init(.failure, message) }

  init(_ kind: ChatTemplateError.Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  static func unsupported(_ what: String) -> TemplateFault {
    TemplateFault(.unsupported, "\(what) is not supported in chat templates")
  }

  static let tooDeep = TemplateFault(.limit, "the template nests too deeply")
}
