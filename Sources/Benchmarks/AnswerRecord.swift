package import StrictJSON

/// A model's answer to one question: one line of LLaVA's answer files.
package struct AnswerRecord: Sendable, Equatable {
  package let questionID: QuestionID
  /// The stored prompt, which some scorers parse; empty if unknown.
  package let prompt: String
  package let text: String
  /// Options in the order shown; only MMBench's files have them.
  package let options: [String]
  package let answerID: String
  package let modelID: String
  /// How the answer was made; empty in files of other programs.
  package let metadata: JSONObject

  package init(
    questionID: QuestionID, prompt: String, text: String, options: [String] = [], answerID: String = "",
    modelID: String = "", metadata: JSONObject = JSONObject()
  ) {
    self.questionID = questionID
    self.prompt = prompt
    self.text = text
    self.options = options
    self.answerID = answerID
    self.modelID = modelID
    self.metadata = metadata
  }

  /// The answer to `item`.
  package init(
    to item: BenchmarkItem, text: String, answerID: String = "", modelID: String = "",
    metadata: JSONObject = JSONObject()
  ) {
    self.init(
      questionID: item.id, prompt: item.storedPrompt, text: text, options: item.options, answerID: answerID,
      modelID: modelID, metadata: metadata)
  }

  /// Reads a line of an answer file, or an entry of an upload or output file.
  init(_ object: JSONObject) throws(JSONError) {
    let idKey = ["question_id", "questionId", "id", "image"].first { object[$0] != nil } ?? "question_id"
    // MMMU's output files hold the right answer beside the response, so the response is looked for first.
    let textKey = ["text", "response", "prediction", "answer"].first { object[$0] != nil } ?? "text"
    self.init(
      questionID: try QuestionID.read(object, idKey), prompt: try object.optionalString("prompt") ?? "",
      text: try object.string(textKey), options: try Self.options(object),
      answerID: object["answer_id"]?.string ?? "", modelID: object["model_id"]?.string ?? "",
      metadata: object["metadata"]?.object ?? JSONObject())
  }

  /// Options as MMBench's answer files list them, or as MMMU's output files name them by letter.
  private static func options(_ object: JSONObject) throws(JSONError) -> [String] {
    if let lettered = try object.optionalObject("index2ans") { return lettered.compactMap(\.value.string) }
    return (object["options"]?.array ?? []).compactMap(\.string)
  }

  /// The line of an answer file, with the official keys.
  package var json: JSONObject {
    var object = JSONObject([("question_id", questionID.json)])
    if !options.isEmpty { object["round_id"] = 0 }
    object["prompt"] = JSONValue(prompt)
    object["text"] = JSONValue(text)
    if !options.isEmpty {
      object["options"] = JSONValue(options)
      object["option_char"] = JSONValue(Array(Letters.all.prefix(options.count)))
    }
    object["answer_id"] = JSONValue(answerID)
    object["model_id"] = JSONValue(modelID)
    object["metadata"] = .object(metadata)
    return object
  }
}

/// The names of options.
enum Letters {
  static let all = (UInt8(ascii: "A")...UInt8(ascii: "Z")).map { String(Character(Unicode.Scalar($0))) }
}
