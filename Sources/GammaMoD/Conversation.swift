internal import Answering

/// Questions, pictures and answers in turn.
///
/// A conversation is a value: a copy may go on in another direction. Asking again reads only what is new, whichever copy it
/// comes from, as long as the model still keeps what earlier answers have read.
public struct Conversation: Sendable {
  private(set) var dialogue = Dialogue()

  /// A conversation in which nothing has been said yet.
  public init() {}

  /// Adds the next question.
  /// - Parameters:
  ///   - text: What is asked; whatever it spells stays text.
  ///   - pictures: Pictures that come with it, in front of its text. Earlier ones need not be given again.
  public mutating func addQuestion(_ text: String, about pictures: [Picture] = []) {
    dialogue.addQuestion(text, pictures: pictures.map(\.image))
  }

  /// Adds what the model answered, token by token, so that the next question goes on behind it.
  public mutating func addAnswer(_ answer: Answer) {
    dialogue.addAnswer(answer.ids)
  }
}
