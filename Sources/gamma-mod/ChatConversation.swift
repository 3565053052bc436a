import Answering
import Images

/// The turns so far, and pictures for the next question.
struct ChatConversation {
  private var dialogue = Dialogue()
  private var pending: [PixelImage] = []

  /// How many pictures wait for the next question.
  var pendingPictures: Int { pending.count }

  mutating func add(_ pictures: [PixelImage]) { pending += pictures }

  mutating func clear() { self = ChatConversation() }

  /// The conversation with a further question; this one stays as it is until the question has been answered.
  func asking(_ question: String) -> Dialogue {
    var next = dialogue
    next.addQuestion(question, pictures: pending)
    return next
  }

  /// Keeps a question and its answer.
  mutating func finish(_ question: String, with answer: [Int]) {
    dialogue = asking(question)
    dialogue.addAnswer(answer)
    pending = []
  }
}
