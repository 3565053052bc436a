public import StrictJSON

/// A model's answer to one question: one line of LLaVA's answer files.
public struct AnswerRecord: Sendable, Hashable {
  public let questionID: QuestionID
  /// The stored prompt, which some scorers parse; empty if unknown.
  public let prompt: String
  public let text: String
  /// Options in the order shown; only MMBench's files have them.
  public let options: [String]

  public init(questionID: QuestionID, prompt: String, text: String, options: [String] = []) {
    self.questionID = questionID
    self.prompt = prompt
    self.text = text
    self.options = options
  }

  /// The answer to `item`.
  public init(to item: EvaluationItem, text: String) {
    self.init(questionID: item.id, prompt: item.storedPrompt, text: text, options: item.options)
  }

  /// The line of an answer file, with the official keys.
  public func json(model: String, answerID: String = "") -> JSONObject {
    var object = JSONObject([("question_id", questionID.json)])
    if !options.isEmpty { object["round_id"] = 0 }
    object["prompt"] = JSONValue(prompt)
    object["text"] = JSONValue(text)
    if !options.isEmpty {
      object["options"] = JSONValue(options)
      object["option_char"] = JSONValue(Array(Letters.all.prefix(options.count)))
    }
    object["answer_id"] = JSONValue(answerID)
    object["model_id"] = JSONValue(model)
    object["metadata"] = .object(JSONObject())
    return object
  }
}

/// The names of options.
enum Letters {
  static let all = (UInt8(ascii: "A")...UInt8(ascii: "Z")).map { String(Character(Unicode.Scalar($0))) }
}
