import Foundation
import StrictJSON

/// The benchmarks whose answers are an option's letter, and MM-Vet: MMBench, ScienceQA.
extension BenchmarkOutput {
  /// The table holds the pictures as base64 text.
  func writeMMBench(_ samples: [WorldSample]) throws {
    let columns = [
      "index", "question", "hint", "A", "B", "C", "D", "answer", "category", "image", "source", "l2-category",
      "comment", "split",
    ]
    var rows = [columns]
    for (sample, question) in samples.withQuestion {
      guard case .choice(let options, let topic) = question.detail, options.texts.count == 4 else { continue }
      let category = topic == .position ? "object_localization" : "attribute_recognition"
      rows.append(
        [String(sample.number), question.question, ""] + options.texts + [
          question.answer, category, try Self.png(sample.scene).base64EncodedString(), "Pocket World",
          "finegrained_perception (instance-level)", "", "dev",
        ])
    }
    try write(
      text: rows.map { $0.joined(separator: "\t") + "\n" }.joined(), to: "mmbench_dev_20230712.tsv")
  }

  func writeScienceQA(_ samples: [WorldSample]) throws {
    let image = "image.png"
    try writePictures(of: samples, in: "images/test") { "\($0.number + 1)/\(image)" }
    var problems = JSONObject()
    var conversations: [JSONValue] = []
    for (sample, question) in samples.withQuestion {
      guard case .context(let options, let hint, let attribute) = question.detail else { continue }
      let id = String(sample.number + 1)
      problems[id] = [
        "question": JSONValue(question.question), "choices": JSONValue(options.texts),
        "answer": JSONValue(options.correct), "hint": JSONValue(hint), "image": JSONValue(image),
        "task": "closed choice", "grade": "grade1", "subject": "natural science", "topic": "Pocket World",
        "category": "Pictures", "skill": JSONValue("Name a \(attribute.rawValue)"), "lecture": "",
        "solution": "", "split": "test",
      ]
      let text = String(question.text.dropLast(WorldQuestion.letterSuffix.count))
      conversations.append([
        "id": JSONValue(id), "image": JSONValue("\(id)/\(image)"),
        "conversations": [
          ["from": "human", "value": JSONValue(text + "\n<image>")],
          ["from": "gpt", "value": JSONValue("The answer is \(question.answer).")],
        ],
      ])
    }
    try write(.object(problems), to: "problems.json")
    try write(
      [
        "train": [], "val": [], "test": JSONValue(problems.keys), "minitrain": [], "minival": [],
        "minitest": [],
      ], to: "pid_splits.json")
    try write(text: try JSONValue(conversations).text(.pretty) + "\n", to: "llava_test_CQM-A.json")
  }

  func writeMMVet(_ samples: [WorldSample]) throws {
    try writePictures(of: samples) { "v1_\($0.number).png" }
    var lines: [JSONObject] = []
    var items = JSONObject()
    for (sample, question) in samples.withQuestion {
      guard case .describe(let facts) = question.detail else { continue }
      let image = "v1_\(sample.number).png"
      lines.append(Self.line(JSONValue(sample.number), image: image, question))
      items["v1_\(sample.number)"] = [
        "imagename": JSONValue(image), "imagesource": "Pocket World",
        "question": JSONValue(question.question),
        "answer": JSONValue(facts.joined(separator: "<AND>")), "capability": ["rec", "spat"],
      ]
    }
    try write(lines: lines, to: "llava-mm-vet.jsonl")
    try write(.object(items), to: "mm-vet.json")
  }
}
