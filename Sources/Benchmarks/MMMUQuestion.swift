internal import StrictJSON

/// A row of MMMU as the data set's tables have it, one JSON object a line in a file `mmmu_*.jsonl`:
/// id, question, options (a Python list as text, or an array), question_type, answer, image_1 … image_7 (paths).
struct MMMUQuestion {
  let id: String
  let question: String
  let options: [String]
  let isMultipleChoice: Bool
  let image: String?
  let place: String

  init(_ object: JSONObject) throws {
    place = object.whereabouts ?? ""
    id = try object.string("id")
    question = try object.string("question")
    isMultipleChoice = try object.string("question_type") == "multiple-choice"
    image = try object.optionalString("image_1")
    switch object["options"] {
    case .array: options = try object.strings("options")
    case .string(let text): options = PythonList.strings(text)
    default: options = []
    }
  }

  /// The text that the official code makes of the row.
  var prompt: String {
    guard isMultipleChoice else {
      return question + "\nAnswer the question using a single word or phrase."
    }
    let lines = options.enumerated().map { "(\(Letters.all[$0 % 26])) \($1)\n" }
    return question + "\n" + lines.joined() + BenchmarkFolder.letterSuffix
  }
}

extension BenchmarkFolder {
  /// Rows of the question file.
  func mmmuQuestions() throws -> [MMMUQuestion] {
    try rows(try questionFile ?? file(("mmmu_", ".jsonl"))) { try MMMUQuestion($0) }
  }

  func mmmuItems() throws -> [BenchmarkItem] {
    try mmmuQuestions().map { row in
      BenchmarkItem(
        id: .text(row.id), image: row.image.map { picture($0) }, prompt: row.prompt,
        category: MMMUSubject.name(inID: row.id), place: row.place)
    }
  }
}
