internal import Foundation
internal import StrictJSON

extension BenchmarkFolder {
  /// What LLaVA appends to questions that want an option's letter.
  static let letterSuffix = "\nAnswer with the option's letter from the given choices directly."

  /// Questions of LLaVA's conversation file. γ-MoD's loader passes over those without a picture.
  func scienceQAItems(_ rules: ScoringProtocol?) throws -> [BenchmarkItem] {
    let url = try questionFile ?? file(("llava_test_CQM-A", ".json"), ("llava_test", ".json"))
    guard let list = try JSONValue.read(contentsOf: url).array else {
      throw BenchmarkError.file(
        path: url.path, problem: "it holds no list of questions", remedy: "give LLaVA's llava_test_CQM-A.json"
      )
    }
    let items = try list.enumerated().compactMap { number, value in
      try faults.row { try scienceQAItem(value, number: number, of: url) }
    }
    return rules == .gammaMoD ? items.filter { $0.image != nil } : items
  }

  private func scienceQAItem(_ value: JSONValue, number: Int, of url: URL) throws -> BenchmarkItem {
    guard let object = value.object else {
      throw BenchmarkError.file(
        path: url.path, problem: "entry \(number) is no object", remedy: "convert the problems again")
    }
    guard let turn = try object.objects("conversations").first else {
      throw BenchmarkError.file(
        path: url.path, problem: "entry \(number) has no conversation", remedy: "convert the problems again")
    }
    let question = ScalarText(try turn.string("value")).replacing("<image>", with: "").stripped().string
    let prompt = question + Self.letterSuffix
    let image = try object.optionalString("image")
    return BenchmarkItem(
      id: try QuestionID.read(object, "id"), image: image.map { picture($0) }, prompt: prompt,
      storedPrompt: image == nil ? prompt : "<image>\n" + prompt, place: "\(url.path): [\(number)]")
  }
}
