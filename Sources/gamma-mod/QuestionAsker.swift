import Answering
import Images
import Tokenization

/// Puts questions to an engine.
struct QuestionAsker: Sendable {
  let session: VisionLanguageSession
  private let engine: Engine
  private let options: AnswerOptions
  private let parsesSpecial: Bool

  /// - Parameter parsesSpecial: Whether the text of a question may spell pictures and control tokens.
  init(_ session: VisionLanguageSession, _ engine: Engine, _ options: AnswerOptions, parsesSpecial: Bool) {
    (self.session, self.engine, self.options) = (session, engine, options)
    self.parsesSpecial = parsesSpecial
  }

  func ask(_ text: String, _ pictures: [PixelImage]) throws -> (prompt: Prompt, stream: AnswerStream) {
    let question =
      parsesSpecial ? ConversationMessage(.user, parsing: text) : ConversationMessage(.user, text)
    let prompt = try session.prompt([question, ConversationMessage(.assistant, nil)], images: pictures)
    return (prompt, engine.submit(AnswerRequest(prompt, options)))
  }
}
