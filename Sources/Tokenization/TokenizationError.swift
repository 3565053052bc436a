internal import Wording

/// Why a tokenizer could not be read or a conversation not be rendered.
package enum TokenizationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file or folder cannot be read.
  case unreadable(file: String, reason: String)
  /// The file is larger than the limit in bytes.
  case tooLarge(file: String, bytes: Int, limit: Int)
  /// The file's content is not what its format asks for.
  case malformed(file: String, place: String, reason: String)
  /// The file is sound, but uses a component that this library does not have.
  case unsupported(file: String, component: String)
  /// The folder holds no tokenizer.
  case noTokenizer(folder: String)
  /// No conversation template has this name.
  case unknownTemplate(name: String, known: [String])
  /// The conversation does not fit the template.
  case invalidConversation(template: String, reason: String)
  /// A conversation's turn is not written as it should be.
  case invalidMessage(reason: String)
  /// A chat template that came with a model cannot be read, or refuses a conversation.
  case chatTemplate(String)

  package var description: String {
    switch self {
    case .unreadable(let file, let reason):
      "\(file) cannot be read: \(reason)."
    case .tooLarge(let file, let bytes, let limit):
      "\(file) has \(counted(bytes, "byte")), which is more than the \(limit) bytes that a tokenizer file may have."
    case .malformed(let file, let place, let reason):
      "\(file) is not a valid tokenizer file: \(place) \(reason). Copy the file again from its source."
    case .unsupported(let file, let component):
      "\(file) needs \(component), which is not supported. "
        + "SentencePiece models, byte-level BPE as in GPT-2, Qwen 2 and Llama 3, and unigram models are."
    case .noTokenizer(let folder):
      "\(folder) holds no tokenizer.model, no tokenizer.json and no vocab.json with a merges.txt."
    case .unknownTemplate(let name, let known):
      "There is no conversation template \"\(name)\". Known are: \(known.joined(separator: ", "))."
    case .invalidConversation(let template, let reason):
      "The conversation does not fit the template \(template): \(reason)."
    case .invalidMessage(let reason):
      "A turn of the conversation cannot be read: \(reason)."
    case .chatTemplate(let reason):
      "\(reason) A template of ours can be named in its place (--conv-mode), such as qwen_2_5."
    }
  }
}
