import ArgumentParser
import Foundation
import Loading
import StrictJSON
import Tokenization

struct TokenizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenize",
    abstract: "Turn texts into token ids, ids into texts, or conversations into prompts.",
    discussion: """
      Reads a JSON array from standard input and writes one to standard output. Texts become id lists; with \
      --decode, id lists become texts; with --conversation, lists of turns [role, text] (role 0 is the user, 1 the \
      assistant, a null text the turn to be answered) become {"prompt", "ids"} with -200 at each image's place. \
      With --conversation chat_template they are written by the chat template in the tokenizer's folder, and are lists \
      of {"role", "content"}, whose content is a text or a list of {"type": "text", "text"} and {"type": "image"}, or \
      objects {"messages", "tools"} with further variables of the template.
      """)

  @Option(help: "A tokenizer.model, a tokenizer.json, a folder with one, or a GGUF file.")
  var tokenizer: PathArgument

  @Flag(help: "From ids to text.")
  var decode = false

  @Flag(help: "Leave special tokens such as </s> out of the text.")
  var skipSpecial = false

  @Option(
    help:
      "From conversations to prompts by this template, such as vicuna_v1, or by the folder's own: chat_template.",
    transform: ConversationChoice.named)
  var conversation: ConversationChoice?

  @Flag(help: "With chat_template, leave out the words that invite an answer.")
  var noGenerationPrompt = false

  func validate() throws {
    if decode, conversation != nil { throw ValidationError("--decode and --conversation exclude each other") }
    if skipSpecial, !decode { throw ValidationError("--skip-special needs --decode") }
    if noGenerationPrompt, conversation?.isOwn != true {
      throw ValidationError("--no-generation-prompt needs --conversation chat_template")
    }
  }

  func run() throws {
    let own = conversation?.isOwn == true ? try ownTemplate() : nil
    let tokenizer =
      GammaModel.isFile(tokenizer.url)
      ? try TokenizerFolder.load(GammaModel.documents(tokenizer.url))
      : try TokenizerFolder.load(tokenizer.url)
    let results = try StandardInput.array().enumerated().map { index, value -> JSONValue in
      do {
        if let own {
          let prompt = try own.prompt(value, invitesAnswer: !noGenerationPrompt)
          return [
            "prompt": JSONValue(prompt.string), "ids": JSONValue(prompt.ids(tokenizer, addsBOS: false)),
          ]
        }
        if case .named(let template)? = conversation { return try prompt(value, template, tokenizer) }
        return decode ? try text(value, tokenizer) : try ids(value, tokenizer)
      } catch {
        throw StreamError("standard input: [\(index)]: \(error)")
      }
    }
    try StandardOutput.write(line: JSONValue(results).text())
  }

  private func ownTemplate() throws -> ModelChatTemplate {
    guard let template = try TokenizerFolder.chatTemplate(GammaModel.documents(tokenizer.url)) else {
      throw StreamError(
        "\(tokenizer): there is no chat template, in chat_template.jinja, chat_template.json or tokenizer_config.json; name a template, such as vicuna_v1"
      )
    }
    return template
  }

  private func ids(_ value: JSONValue, _ tokenizer: any TextTokenizer) throws -> JSONValue {
    guard let text = value.string else { throw StreamError("a string is needed") }
    return JSONValue(tokenizer.encode(text))
  }

  private func text(_ value: JSONValue, _ tokenizer: any TextTokenizer) throws -> JSONValue {
    guard let list = value.array else { throw StreamError("a list of token ids is needed") }
    let ids = list.compactMap(\.int)
    guard ids.count == list.count else { throw StreamError("a list of token ids is needed") }
    return JSONValue(tokenizer.decode(ids, skipSpecial: skipSpecial))
  }

  private func prompt(_ value: JSONValue, _ template: ConversationTemplate, _ tokenizer: any TextTokenizer)
    throws -> JSONValue
  {
    guard let turns = value.array else { throw StreamError("a list of turns is needed") }
    let prompt = try template.prompt(turns.map(ConversationMessage.init))
    return ["prompt": JSONValue(prompt.string), "ids": JSONValue(prompt.ids(tokenizer))]
  }
}

/// By which template conversations become prompts.
enum ConversationChoice {
  /// The chat template in the tokenizer's folder.
  case own
  case named(ConversationTemplate)

  var isOwn: Bool { if case .own = self { true } else { false } }

  static func named(_ name: String) throws -> ConversationChoice {
    name == "chat_template" ? .own : .named(try TemplateChoice.named(name).template)
  }
}
