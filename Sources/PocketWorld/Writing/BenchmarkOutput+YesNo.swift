import Foundation
import StrictJSON

/// The benchmarks of yes-or-no questions: POPE and MME.
extension BenchmarkOutput {
  func writePOPE(_ samples: [WorldSample]) throws {
    try writePictures(of: samples)
    var lines: [JSONObject] = []
    for category in WorldQuestion.ProbeCategory.allCases {
      var labels: [JSONObject] = []
      for (sample, question) in samples.withQuestion where question.detail == .exist(category) {
        let image = sample.name + ".png"
        lines.append(
          Self.line(JSONValue(lines.count + 1), image: image, question, category: category.rawValue))
        labels.append(
          JSONObject([
            ("question_id", JSONValue(labels.count + 1)), ("image", JSONValue(image)),
            ("text", JSONValue(question.question)), ("label", JSONValue(question.answer.lowercased())),
          ]))
      }
      try write(lines: labels, to: "coco/coco_pope_\(category.rawValue).json")
    }
    try write(lines: lines, to: "llava_pope_test.jsonl")
  }

  func writeMME(_ samples: [WorldSample]) throws {
    let root = "MME_Benchmark_release_version"
    func category(_ sample: WorldSample) -> String {
      guard case .pair(let category) = sample.questions.first?.detail else { return "" }
      return category.rawValue
    }
    try writePictures(of: samples, in: root) { "\(category($0))/\($0.name).png" }
    var lines: [JSONObject] = []
    for sample in samples {
      let path = "\(category(sample))/\(sample.name)"
      for question in sample.questions {
        lines.append(
          Self.line(JSONValue(path + ".png"), image: path + ".png", question, category: category(sample)))
      }
      let truth = sample.questions.map { $0.question + WorldQuestion.yesNoRequest + "\t" + $0.answer + "\n" }
      try write(text: truth.joined(), to: "\(root)/\(path).txt")
    }
    try write(lines: lines, to: "llava_mme.jsonl")
  }
}
