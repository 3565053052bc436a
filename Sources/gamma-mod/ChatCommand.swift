import Answering
import ArgumentParser
import Foundation
import Images
import Tokenization

struct ChatCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chat", abstract: "Talk about pictures, turn by turn.",
    discussion: """
      /image FILE… adds pictures to the next question (quotes and ~ as in a shell), /clear starts a new conversation, \
      /help tells what there is, /exit and /quit end. Ctrl-C stops an answer, a second one the program.
      """)

  @OptionGroup var options: ModelOptions

  @OptionGroup var system: SystemText

  @OptionGroup var sampling: SamplingArguments

  @OptionGroup var pictureLimits: PictureLimits

  @OptionGroup var pictureCount: PictureCountLimit

  func run() async throws {
    if let notice = sampling.notice { StandardError.write(line: notice) }
    let session = try options.session(system: system.text)
    let engine = Engine(session, options.limits)
    let reader = LineReader()
    var conversation = ChatConversation()
    while let line = reader.next("> ") {
      do {
        guard try await answer(line, &conversation, session, engine) else { return }
      } catch {
        StandardError.write(line: Failure.sentence(error))
      }
    }
  }

  /// - Returns: Whether the conversation goes on.
  private func answer(
    _ line: String, _ conversation: inout ChatConversation, _ session: VisionLanguageSession, _ engine: Engine
  ) async throws -> Bool {
    let trimmed = line.trimmingCharacters(in: .whitespaces)
    guard trimmed.hasPrefix("/") else {
      if !trimmed.isEmpty { try await ask(line, &conversation, session, engine) }
      return true
    }
    let words = try CommandWords(trimmed).words
    switch words.first {
    case "/quit", "/exit": return false
    case "/help": StandardError.write(line: Self.help)
    case "/clear":
      conversation.clear()
      StandardError.write(line: "a new conversation")
    case "/image":
      guard words.count > 1 else { throw StreamError("/image needs the name of a file") }
      // None of them is added if one cannot be read.
      let input = PictureInput(limits: pictureLimits.limits, exif: true)
      guard !words.contains("-") else { throw StreamError("/image needs the name of a file, not -") }
      guard words.count - 1 + conversation.pendingPictures <= pictureCount.most else {
        throw StreamError(
          "one question has at most \(pictureCount.most) pictures; raise that by --limit-images")
      }
      let pictures = try words.dropFirst().map { try input.load($0) }
      conversation.add(pictures)
      for (name, picture) in zip(words.dropFirst(), pictures) {
        StandardError.write(
          line: "\(name): \(picture.width) × \(picture.height) pixels, for the next question")
      }
    default:
      StandardError.write(line: "unknown command \(words.first ?? "/")\n\(Self.help)")
    }
    return true
  }

  private func ask(
    _ question: String, _ conversation: inout ChatConversation, _ session: VisionLanguageSession,
    _ engine: Engine
  ) async throws {
    let prompt: Prompt
    let answer: Answer
    do {
      prompt = try conversation.asking(question).prompt(session)
      answer = try await Interrupt.watchTurn(engine.submit(AnswerRequest(prompt, sampling.options()))) {
        try StandardOutput.write($0)
      }.answer
    } catch let error as AnswerError where error.code == .promptTooLong {
      throw StreamError(
        "\(error); the conversation is as it was before this question, and /clear starts a new one")
    }
    try StandardOutput.write(line: "")
    conversation.finish(question, with: answer.ids)
    if let note = CutAnswer.note(answer, limit: sampling.maxTokens) { StandardError.write(line: "(\(note))") }
  }

  private static let help = """
    /image FILE…  add pictures to the next question
    /clear        start a new conversation
    /help         tell what there is
    /exit, /quit  end
    """
}
