internal import Wording

/// Why a request cannot be answered. The code says what kind of reason it is, the description names the place and the
/// remedy; other requests go on.
package struct AnswerError: Error, CustomStringConvertible, Sendable, Equatable {
  package enum Code: String, Sendable, CaseIterable {
    /// The request itself makes no sense.
    case invalidRequest
    /// The prompt takes more rows than the model reads.
    case promptTooLong
    /// Keys and values of the request alone would exceed the engine's budget.
    case outOfBudget
    /// As many requests are waiting as the engine lets wait.
    case queueFull
    /// The model made numbers that are none.
    case notFinite
    /// The engine has been shut down.
    case shutDown
  }

  package let code: Code
  package let description: String

  package init(_ code: Code, _ description: String) {
    self.code = code
    self.description = description
  }

  package init(_ description: String) { self.init(.invalidRequest, description) }

  static func textOnly(family: String) -> AnswerError {
    AnswerError("a \(family) model reads text only, not pictures")
  }

  static func pictureMarks(_ marks: Int, pictures: Int) -> AnswerError {
    AnswerError("the prompt marks \(counted(marks, "picture")) but \(counted(pictures, "is", "are")) given")
  }
}
