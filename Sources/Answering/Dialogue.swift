package import Images
internal import Tokenization

/// Questions, pictures and answers in turn. Earlier answers stand in prompts as the ids that the model gave, so that a turn
/// continues what the engine has read and only what is new must be.
package struct Dialogue: Sendable {
  private var messages: [ConversationMessage] = []
  /// All pictures so far, in order.
  package private(set) var pictures: [PixelImage] = []

  package init() {}

  /// Whether a question waits for its answer.
  package var isAsked: Bool { messages.last?.role == .user }

  /// Adds the next question.
  /// - Parameters:
  ///   - text: Whatever it spells stays text.
  ///   - pictures: Stand in front of its text; earlier ones need not be given again.
  package mutating func addQuestion(_ text: String, pictures: [PixelImage] = []) {
    messages.append(ConversationMessage(.user, text, pictures: pictures.count))
    self.pictures += pictures
  }

  /// Adds what the model answered.
  package mutating func addAnswer(_ ids: [Int]) {
    messages.append(ConversationMessage(.assistant, content: .tokens(ids)))
  }

  /// What a model reads to answer the last question.
  package func prompt(_ session: VisionLanguageSession) throws -> Prompt {
    try session.prompt(messages + [ConversationMessage(.assistant, nil)], images: pictures)
  }
}
