import ArgumentParser
import Foundation
import StrictJSON
import Tokenization

struct TokenizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenize",
    abstract: "Turn texts into token ids, ids into texts, or conversations into prompts.",
    discussion: """
      Reads a JSON array from standard input and writes one to standard output. Texts become id lists; with \
      --decode, id lists become texts; with --conversation, lists of turns [role, text] (role 0 is the user, 1 the \
      assistant, a null text the turn to be answered) become {"prompt", "ids"} with -200 at each image's place.
      """)

  @Option(help: "A tokenizer.model, a tokenizer.json, or a folder with one.")
  var tokenizer: PathArgument

  @Flag(help: "From ids to text.")
  var decode = false

  @Flag(help: "Leave special tokens such as </s> out of the text.")
  var skipSpecial = false

  @Option(
    help: "From conversations to prompts by this template, such as vicuna_v1.",
    transform: TemplateChoice.named)
  var conversation: TemplateChoice?

  func validate() throws {
    if decode, conversation != nil { throw ValidationError("--decode and --conversation exclude each other") }
    if skipSpecial, !decode { throw ValidationError("--skip-special needs --decode") }
  }

  func run() throws {
    let template = conversation?.template
    let tokenizer = try TokenizerFolder.load(tokenizer.url)
    let results = try StandardInput.array().enumerated().map { index, value -> JSONValue in
      do {
        if let template { return try prompt(value, template, tokenizer) }
        return decode ? try text(value, tokenizer) : try ids(value, tokenizer)
      } catch {
        throw StreamError("standard input: [\(index)]: \(error)")
      }
    }
    try StandardOutput.write(line: JSONValue(results).text())
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
