internal import Answering
internal import Benchmarks
internal import Checkpoints
internal import Files
public import Foundation
internal import Images
internal import Models
internal import StrictJSON
internal import Tokenization

/// Why something could not be done: a code for programs and a sentence for people.
public struct GammaModError: Error, Sendable, Equatable, CustomStringConvertible, LocalizedError {
  /// What kind of reason it is.
  public enum Code: String, Sendable, CaseIterable {
    /// A file or folder cannot be read or written.
    case file
    /// A JSON file is damaged or holds a value that makes no sense.
    case json
    /// Files of weights are damaged or not those of the model.
    case checkpoint
    /// The model is of a kind that is not supported, or its parts do not belong together.
    case model
    /// The tokenizer or the conversation template cannot be used.
    case tokenizer
    /// A picture cannot be read, or is larger than allowed.
    case picture
    /// Questions to measure with cannot be read.
    case questions
    /// A training run cannot be done as its file says.
    case training
    /// The request makes no sense.
    case request
    /// The prompt takes more tokens than the model reads.
    case promptTooLong
    /// Keys and values of the request alone would take more memory than allowed.
    case outOfBudget
    /// Too many requests are waiting; try again later.
    case queueFull
    /// The model made numbers that are none: its weights are damaged, or their format is too narrow.
    case notFinite
    /// The task was cancelled.
    case cancelled
    /// Something else, which the description tells.
    case other
  }

  /// What kind of reason it is.
  public let code: Code
  /// What is wrong, in which file or at which place, and what to do: a sentence.
  public let description: String

  /// The description, as apps show it.
  public var errorDescription: String? { description }

  package init(_ code: Code, _ description: String) {
    self.code = code
    self.description = description
  }

  package init(_ error: any Error) {
    switch error {
    case let error as GammaModError: self = error
    case let error as AnswerError: self.init(Self.code(error.code), error.description)
    case is FileError, is CocoaError: self.init(.file, Self.sentence(error))
    case is JSONError: self.init(.json, "\(error)")
    case is CheckpointError: self.init(.checkpoint, "\(error)")
    case is ModelError: self.init(.model, "\(error)")
    case is TokenizationError: self.init(.tokenizer, "\(error)")
    case is ImageError: self.init(.picture, "\(error)")
    case is BenchmarkError: self.init(.questions, "\(error)")
    case is CancellationError: self.init(.cancelled, "the task was cancelled")
    default: self.init(.other, Self.sentence(error))
    }
  }

  private static func code(_ code: AnswerError.Code) -> Code {
    switch code {
    case .invalidRequest: .request
    case .promptTooLong: .promptTooLong
    case .outOfBudget: .outOfBudget
    case .queueFull: .queueFull
    case .notFinite: .notFinite
    case .shutDown: .other
    }
  }

  private static func sentence(_ error: any Error) -> String {
    SystemErrorText.sentence(of: error).map { $0 + "." } ?? "\(error)"
  }

  /// Runs what throws errors of any type.
  package static func translating<Result>(_ body: () throws -> Result) throws(GammaModError) -> Result {
    do { return try body() } catch { throw GammaModError(error) }
  }
}
