internal import Files
package import Foundation
internal import StrictJSON

extension BenchmarkFolder {
  /// Checks, before there are answers, that a submission of this form can be written to a place.
  /// - Parameter mayReplace: Whether what is there is replaced.
  /// - Throws: `BenchmarkError` if there is no such form; `FileError` if the place cannot be written.
  package func checkSubmission(to url: URL, mayReplace: Bool, inputs: [URL]) throws {
    if [.textvqa, .pope].contains(benchmark) { throw noForm }
    try OutputPlace(url, benchmark == .mme ? .folder : .file, mayReplace: mayReplace)
      .check(inputs: self.inputs + inputs)
  }

  private var noForm: BenchmarkError {
    .answers(
      problem: "\(benchmark.rawValue) is scored here and has no form for a server",
      remedy: "leave --submission out")
  }

  /// Writes answers in the form that the benchmark's server, judge or tool takes: VQAv2, GQA, VizWiz and MMMU a JSON
  /// file, MM-Vet the judge's JSON file, SEED-Bench JSON Lines, MMBench a table (.xlsx, .csv or .tsv), MME a folder of
  /// text files, ScienceQA the result file of LLaVA's script.
  /// - Parameter options: as in `score`; where missing answers are allowed they are empty.
  /// - Throws: `BenchmarkError` if there is no such form or a question has no answer; `FileError` if writing fails.
  package func writeSubmission(
    _ answers: AnswerFile, to url: URL, _ options: ScoringOptions = ScoringOptions()
  ) throws {
    guard !answers.isConverted else {
      throw BenchmarkError.answers(
        problem: "the answers are ready for upload already", remedy: "give the model's own answers")
    }
    let submission = Submission(folder: self, answers: answers, options: options)
    switch benchmark {
    case .vqav2: try AtomicFile.write(submission.vqav2().text(), to: url)
    case .gqa: try AtomicFile.write(submission.gqa().text(), to: url)
    case .vizwiz: try AtomicFile.write(submission.vizwiz().text(), to: url)
    case .mmmu: try AtomicFile.write(submission.mmmu().text(.pretty) + "\n", to: url)
    case .mmVet: try AtomicFile.write(submission.mmVet().text(.pretty) + "\n", to: url)
    case .seedBench: try AtomicFile.write(submission.seedBench(), to: url)
    case .scienceqa: try AtomicFile.write(submission.scienceQA().text(.pretty) + "\n", to: url)
    case .mmbench: try AtomicFile.write(submission.mmbench().data(format: url.pathExtension), to: url)
    case .mme: try submission.writeMME(to: url)
    case .textvqa, .pope: throw noForm
    }
  }
}

/// Answers on their way to a server.
struct Submission {
  let folder: BenchmarkFolder
  let answers: AnswerFile
  let options: ScoringOptions

  /// Missing answers are allowed and empty in `vqav2` officially, elsewhere if asked for.
  private func text(_ id: String, isOptional: Bool = false) throws -> String {
    if let record = byID[id] { return record.text }
    guard isOptional || options.isLenient || options.onlyAnswered else {
      throw BenchmarkError.answers(
        problem: "question \(id) of \(folder.url.path) has no answer",
        remedy: "answer all questions, or leave missing ones empty with --lenient")
    }
    return ""
  }

  private let byID: [String: AnswerRecord]

  init(folder: BenchmarkFolder, answers: AnswerFile, options: ScoringOptions) {
    self.folder = folder
    self.answers = answers
    self.options = options
    byID = answers.byID
  }

  /// All questions of the test set, those that the model was not asked with "".
  func vqav2() throws -> JSONValue {
    var all = folder
    let whole = folder.url.appending(path: "llava_vqav2_mscoco_test2015.jsonl")
    if folder.questionFile == nil, FileManager.default.fileExists(atPath: whole.path) {
      all.questionFile = whole
    }
    return JSONValue(
      try all.lineItems().map { item in
        let answer = VQANormaliser.submission(try text(item.id.description, isOptional: true)).string
        return ["question_id": item.id.json, "answer": JSONValue(answer)]
      })
  }

  func vizwiz() throws -> JSONValue {
    JSONValue(
      try folder.rows(try folder.lineFile) { object in
        let id = try QuestionID.read(object, "question_id").description
        return [
          "image": JSONValue(try object.string("image")),
          "answer": JSONValue(VQANormaliser.submission(try text(id)).string),
        ]
      })
  }

  func gqa() -> JSONValue {
    JSONValue(
      answers.records.map { record in
        [
          "questionId": record.questionID.json,
          "prediction": JSONValue(ScoringTask.convertedForGQA(record.text).string),
        ]
      })
  }

  func mmVet() -> JSONObject {
    JSONObject(
      answers.records.map { (ScoringTask.key($0.questionID.description, .mmVet), JSONValue($0.text)) })
  }

  func seedBench() throws -> String {
    let questions = try JSONObject.read(contentsOf: try folder.file(("SEED-Bench", ".json")))
    return try questions.objects("questions").map { question in
      let id = try QuestionID.read(question, "question_id")
      let row = JSONObject([
        ("question_id", id.json), ("prediction", JSONValue(try text(id.description))),
      ])
      return try row.text() + "\n"
    }.joined()
  }

  /// The letters that scoring reads from the answers, drawn ones included; open answers as they are.
  func mmmu() throws -> JSONObject {
    var random = PythonRandom(seed: ScoringTask.guessSeed)
    let questions = try folder.mmmuQuestions()
    let bySubject = Dictionary(grouping: questions) { MMMUSubject.name(inID: $0.id) }
    let pairs = try bySubject.sorted { $0.key < $1.key }.flatMap {
      try $0.value.map { row in
        let answer = try text(row.id)
        guard row.isMultipleChoice, !row.options.isEmpty else { return (row.id, JSONValue(answer)) }
        let letter =
          MMMUAnswer.letter(in: answer, row.options)
          ?? Letters.all[random.choice(min(row.options.count, Letters.all.count))]
        return (row.id, JSONValue(letter))
      }
    }
    return JSONObject(pairs)
  }

  /// The keys of LLaVA's script, which count from all questions of the test split.
  func scienceQA() throws -> JSONObject {
    let score = try folder.score(answers, options).details
    return JSONObject([
      ("acc", score["accuracy"] ?? .null), ("correct", score["correct"] ?? .null),
      ("count", score["total"] ?? .null), ("results", score["results"] ?? .null),
      ("outputs", score["outputs"] ?? .null),
    ])
  }

  /// A file per task with picture, question, truth and answer, separated by tabs.
  func writeMME(to url: URL) throws {
    let task = ScoringTask(folder: folder, answers: answers, rules: .llava, options: options)
    let lines = try task.mmeLines(try task.mmeTruth())
    try Disk.createFolder(url)
    for (category, entries) in lines {
      let text = entries.map { line in
        [line.picture + ".txt", line.question, line.label, line.answer].joined(separator: "\t") + "\n"
      }
      try AtomicFile.write(text.joined(), to: url.appending(path: category + ".txt"))
    }
  }

  /// The table without hints, categories and pictures, and with the answers in column 7.
  func mmbench() throws -> AnswerTable {
    let table = try MMBenchTable(
      contentsOf: try folder.questionFile ?? folder.file(("", ".tsv")), faults: folder.faults)
    let dropped: Set<String> = ["hint", "category", "source", "image", "comment", "l2-category"]
    let kept = table.columns.indices.filter { !dropped.contains(table.columns[$0]) }
    func row(_ fields: [String], _ prediction: String) -> [String] {
      var fields = kept.map { fields[$0] }
      fields.insert(prediction, at: min(Self.predictionColumn, fields.count))
      return fields
    }
    return AnswerTable(
      rows: [row(table.columns, "prediction")]
        + (try table.rows.map { question in
          let fields = question.fields.map { MMBenchTable.Row.isMissing($0) ? "" : $0 }
          return row(fields, try text(String(question.index)))
        }))
  }

  private static let predictionColumn = 6
}
