import Foundation
import StrictJSON

extension BenchmarkFolder {
  /// What LLaVA appends to questions that want an option's letter.
  static let letterSuffix = "\nAnswer with the option's letter from the given choices directly."

  /// Questions of LLaVA's conversation file; those without a picture are included.
  func scienceQAItems() throws -> [EvaluationItem] {
    let url = try file(("llava_test_CQM-A", ".json"), ("llava_test", ".json"))
    return try (try JSONValue.read(contentsOf: url).array ?? []).compactMap(\.object).map { object in
      guard let turn = try object.objects("conversations").first else {
        throw EvaluationError.file(
          path: url.path, problem: "a question has no conversation", remedy: "convert the problems again")
      }
      let question = ScalarText(try turn.string("value")).replacing("<image>", with: "").stripped().string
      let prompt = question + Self.letterSuffix
      let image = try object.optionalString("image")
      return EvaluationItem(
        id: try QuestionID.read(object, "id"), image: image.map { picture($0) }, prompt: prompt,
        storedPrompt: image == nil ? prompt : "<image>\n" + prompt)
    }
  }
}
