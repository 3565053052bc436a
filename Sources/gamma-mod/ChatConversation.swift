import Answering
import Images
import Tokenization

/// The turns so far. Earlier answers stand in prompts as the ids that the model gave, so that a turn continues what the
/// engine has read and only what is new must be.
struct ChatConversation {
  private let session: VisionLanguageSession
  private var messages: [ConversationMessage] = []
  private var pictures: [PixelImage] = []
  /// Pictures for the next question.
  private var pending: [PixelImage] = []

  init(_ session: VisionLanguageSession) { self.session = session }

  /// How many pictures wait for the next question.
  var pendingPictures: Int { pending.count }

  mutating func add(_ pictures: [PixelImage]) { pending += pictures }

  mutating func clear() { (messages, pictures, pending) = ([], [], []) }

  /// The conversation with a further question.
  /// - Throws: An error that leaves the conversation as it was.
  func prompt(asking question: String) throws -> Prompt {
    try session.prompt(
      messages + [turn(question), ConversationMessage(.assistant, nil)], images: pictures + pending)
  }

  /// Keeps a question and its answer.
  mutating func finish(_ question: String, with answer: Answer) {
    messages += [turn(question), ConversationMessage(.assistant, content: .tokens(answer.ids))]
    pictures += pending
    pending = []
  }

  private func turn(_ question: String) -> ConversationMessage {
    ConversationMessage(.user, question, pictures: pending.count)
  }
}
