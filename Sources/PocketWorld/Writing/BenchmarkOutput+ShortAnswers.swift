import StrictJSON

/// The benchmarks whose answers are a word: TextVQA, VQAv2, GQA, MMMU's open questions.
extension BenchmarkOutput {
  private static let annotators = 10

  func writeTextVQA(_ samples: [WorldSample]) throws {
    try writePictures(of: samples)
    let pairs = samples.withQuestion
    try write(
      lines: pairs.map { sample, question in
        Self.line(JSONValue(sample.name), image: sample.name + ".png", question)
      }, to: "llava_textvqa_val_v051_ocr.jsonl")
    let data = pairs.map { sample, question -> JSONValue in
      [
        "question": JSONValue(question.question), "image_id": JSONValue(sample.name), "image_classes": [],
        "image_width": JSONValue(WorldRules.side), "image_height": JSONValue(WorldRules.side),
        "answers": JSONValue([String](repeating: question.answer, count: Self.annotators)),
        "question_id": JSONValue(sample.number), "set_name": "val",
      ]
    }
    try write(
      [
        "dataset_type": "val", "dataset_name": "textvqa", "dataset_version": "0.5.1", "data": JSONValue(data),
      ], to: "TextVQA_0.5.1_val.json")
  }

  func writeVQAv2(_ samples: [WorldSample]) throws {
    try writePictures(of: samples)
    let pairs = samples.withQuestion
    try write(
      lines: pairs.map { sample, question in
        Self.line(JSONValue(sample.number), image: sample.name + ".png", question)
      }, to: "llava_vqav2_mscoco_test-dev2015.jsonl")
    func file(_ key: String, _ entries: [JSONValue]) -> JSONValue {
      [
        "info": ["description": "Pocket World"], "task_type": "Open-Ended", "data_type": "mscoco",
        "license": [:],
        "data_subtype": "val2014", key: JSONValue(entries),
      ]
    }
    try write(
      file(
        "questions",
        pairs.map { sample, question in
          [
            "image_id": JSONValue(sample.index), "question": JSONValue(question.question),
            "question_id": JSONValue(sample.number),
          ]
        }), to: "v2_OpenEnded_mscoco_val2014_questions.json")
    try write(
      file(
        "annotations",
        pairs.map { sample, question in
          let answers = (1...Self.annotators).map { annotator -> JSONValue in
            [
              "answer": JSONValue(question.answer), "answer_confidence": "yes",
              "answer_id": JSONValue(annotator),
            ]
          }
          let words = question.question.split(separator: " ")
          return [
            "question_type": JSONValue(words.prefix(2).joined(separator: " ").lowercased()),
            "multiple_choice_answer": JSONValue(question.answer), "answers": JSONValue(answers),
            "image_id": JSONValue(sample.index), "answer_type": "other",
            "question_id": JSONValue(sample.number),
          ]
        }), to: "v2_mscoco_val2014_annotations.json")
  }

  func writeGQA(_ samples: [WorldSample]) throws {
    try writePictures(of: samples)
    let pairs = samples.withQuestion
    try write(
      lines: pairs.map { sample, question in
        Self.line(JSONValue(sample.name), image: sample.name + ".png", question)
      }, to: "llava_gqa_testdev_balanced.jsonl")
    var questions = JSONObject()
    for (sample, question) in pairs {
      guard case .relation(let form) = question.detail else { continue }
      let answer = JSONValue(question.answer.lowercased())
      questions[sample.name] = [
        "semantic": [["operation": "relate", "dependencies": [], "argument": JSONValue(question.question)]],
        "entailed": [], "equivalent": [JSONValue(sample.name)], "question": JSONValue(question.question),
        "imageId": JSONValue(sample.name), "isBalanced": true,
        "groups": ["global": form == .query ? "shape" : nil, "local": nil], "answer": answer,
        "semanticStr": "",
        "annotations": ["answer": [:], "question": [:], "fullAnswer": [:]],
        "types": [
          "detailed": form == .query ? "relS" : "relVerify", "semantic": "rel",
          "structural": JSONValue(form.rawValue),
        ],
        "fullAnswer": answer,
      ]
    }
    try write(.object(questions), to: "data/testdev_balanced_questions.json")
  }

  /// Rows as MMMU's tables have them, one JSON object a line; the picture is a path instead of bytes.
  func writeMMMU(_ samples: [WorldSample]) throws {
    try writePictures(of: samples)
    var rows: [JSONObject] = []
    var answers = JSONObject()
    for (sample, question) in samples.withQuestion {
      let id = "validation_Math_\(sample.number + 1)"
      rows.append(
        JSONObject([
          ("id", JSONValue(id)), ("question", JSONValue(question.question)), ("options", "[]"),
          ("explanation", ""), ("image_1", JSONValue("images/\(sample.name).png")),
          ("img_type", "['Icons and Symbols']"), ("answer", JSONValue(question.answer)),
          ("topic_difficulty", "Easy"), ("question_type", "open"), ("subfield", "Counting"),
        ]))
      answers[id] = ["question_type": "open", "ground_truth": JSONValue(question.answer)]
    }
    try write(lines: rows, to: "mmmu_val.jsonl")
    try write(.object(answers), to: "answer_dict_val.json")
  }
}
