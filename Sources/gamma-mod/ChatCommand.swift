import Answering
import ArgumentParser
import Foundation
import Images
import Tokenization

struct ChatCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chat", abstract: "Talk about pictures, turn by turn.",
    discussion: """
      /image FILE adds a picture to the next question, /clear starts a new conversation, /quit ends. Ctrl-C stops an \
      answer, a second one the program.
      """)

  @OptionGroup var options: ModelOptions

  @Option(
    name: [.customLong("sys", withSingleDash: true), .customLong("system-prompt")],
    help: "What the model is told before the conversation, instead of the template's own words.")
  var system: String?

  @OptionGroup var sampling: SamplingArguments

  func run() async throws {
    let session = try options.session(system: system)
    let engine = Engine(session, options.limits)
    var conversation = Conversation()
    while true {
      StandardError.write("> ")
      guard let line = readLine() else { return }
      let words = line.split(separator: " ", maxSplits: 1).map(String.init)
      switch words.first {
      case nil: continue
      case "/quit": return
      case "/clear": conversation = Conversation()
      case "/image":
        do {
          conversation.pending.append(try PictureInput.load(words.count > 1 ? words[1] : "", exif: true))
        } catch {
          StandardError.write(line: Failure.sentence(error))
        }
      case let command? where command.hasPrefix("/"):
        StandardError.write(line: "unknown command \(command); there are /image FILE, /clear and /quit")
      default:
        do {
          try await conversation.ask(line, session, engine, sampling.options())
        } catch {
          StandardError.write(line: Failure.sentence(error))
        }
      }
    }
  }
}

/// The turns so far.
private struct Conversation {
  private var messages: [ConversationMessage] = []
  private var pictures: [PixelImage] = []
  /// Pictures for the next question.
  var pending: [PixelImage] = []

  mutating func ask(
    _ question: String, _ session: VisionLanguageSession, _ engine: Engine, _ options: AnswerOptions
  ) async throws {
    let turn = messages + [ConversationMessage(.user, question, pictures: pending.count)]
    let prompt = try session.prompt(
      turn + [ConversationMessage(.assistant, nil)], images: pictures + pending)
    let answer = try await Interrupt.watchTurn(engine.submit(AnswerRequest(prompt, options))) {
      try StandardOutput.write($0)
    }.answer
    try StandardOutput.write(line: "")
    messages = turn + [ConversationMessage(.assistant, content: .tokens(answer.ids))]
    pictures += pending
    pending = []
  }
}
