internal import Foundation
internal import StrictJSON

extension BenchmarkFolder {
  /// Questions of LLaVA's files, one JSON object a line: question_id, image, text, category.
  func lineItems() throws -> [BenchmarkItem] {
    try rows(try lineFile) { object in
      BenchmarkItem(
        id: try QuestionID.read(object, "question_id"), image: picture(try object.string("image")),
        prompt: try object.string("text"), category: try object.optionalString("category") ?? "",
        place: object.whereabouts ?? "")
    }
  }

  var lineFile: URL {
    get throws {
      if let questionFile { return questionFile }
      return switch benchmark {
      case .textvqa: try file(("llava_textvqa", ".jsonl"))
      case .vqav2: try file(("llava_vqav2_mscoco_test-dev", ".jsonl"), ("llava_vqav2", ".jsonl"))
      case .gqa: try file(("llava_gqa", ".jsonl"))
      case .pope: try file(("llava_pope", ".jsonl"))
      case .mme: try file(("llava_mme", ".jsonl"))
      case .mmVet: try file(("llava-mm-vet", ".jsonl"))
      case .seedBench: try file(("llava-seed-bench", ".jsonl"))
      case .vizwiz: try file(("llava_", ".jsonl"))
      case .scienceqa, .mmbench, .mmmu: try file(("", ".jsonl"))
      }
    }
  }
}
