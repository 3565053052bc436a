import ArgumentParser
import Foundation
import Generation
import Images
import Tokenization

struct ChatCommand: ParsableCommand {
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

  @Option(name: [.customShort("n"), .customLong("max-tokens")], help: "Most tokens of an answer.")
  var maxTokens = 512

  @Option(name: [.customLong("temp"), .customLong("temperature")], help: "0 takes the likeliest token.")
  var temperature = 0.0

  func validate() throws {
    guard (1...4096).contains(maxTokens) else { throw ValidationError("--max-tokens takes 1 to 4096") }
    guard temperature >= 0, temperature.isFinite else {
      throw ValidationError("--temperature must not be negative")
    }
  }

  func run() throws {
    let session = try options.session(system: system)
    var generation = Generator.Options()
    generation.maxTokens = maxTokens
    generation.temperature = temperature
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
          try conversation.ask(line, session, generation)
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

  mutating func ask(_ question: String, _ session: VisionLanguageSession, _ options: Generator.Options) throws
  {
    let turn = messages + [ConversationMessage(.user, question, pictures: pending.count)]
    let report = try Interrupt.watchTurn { isRequested in
      try AnswerReport(
        session, options, messages: turn + [ConversationMessage(.assistant, nil)], images: pictures + pending,
        isCancelled: isRequested
      ) { try StandardOutput.write($0) }
    }.result
    try StandardOutput.write(line: "")
    messages = turn + [ConversationMessage(.assistant, content: .tokens(report.answer.ids))]
    pictures += pending
    pending = []
  }
}
