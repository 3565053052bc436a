internal import Tokenization

/// How training tells the turns of a text apart, to label the answers.
enum LabelRule {
  /// A picture and its caption, without words around them.
  case caption
  /// Turns end in a separator and answers follow a mark (vicuna_v1, llava_llama_2).
  case rounds(end: String, mark: String)
  /// The same separator ends every turn (MPT, ChatML).
  case turns(end: String, mark: String)
  /// Each turn begins with a signal and its role (LLaVA's first version).
  case signals

  /// The rule of LLaVA's `preprocess` for a template.
  /// - Throws: `TrainingError` for templates that LLaVA's code does not train with.
  init(_ template: ConversationTemplate) throws {
    switch template.style {
    case .plain: self = .caption
    case .llama2: self = .rounds(end: template.assistantSeparator ?? template.separator, mark: "[/INST] ")
    case .two:
      let end = template.assistantSeparator ?? template.separator
      self = .rounds(end: end, mark: template.separator + template.roles[1] + ": ")
    case .roleTextSeparator:
      self = .turns(end: template.separator, mark: template.separator + template.roles[1])
    case .single: self = .signals
    case .chatML, .turns, .gemma:
      throw TrainingError(
        "no rule says which tokens of the template \(template.name) are learnt; train with vicuna_v1, llava_llama_2, mpt, plain or v0"
      )
    }
  }
}
