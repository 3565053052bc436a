import Checkpoints
import Files
import Foundation
import ModelTesting
import Models
import StrictJSON
import Testing
import Timing

@testable import Loading
@testable import MixtureOfDepths

/// Whatever a configuration says, looking at the model ends in an answer or a typed error, soon and without a trap.
@Suite struct DamagedConfigurationTests {
  static let families = [
    "llava-1.5-hf", "gamma-llava-1.5", "llava-orig", "gamma-llava-hr", "gamma-mgm-hd", "llava-onevision",
    "smolvlm",
    "qwen2.5-vl", "llama31-text", "mistral-text", "qwen3-text",
  ]

  /// What a value is replaced by; nil takes the key away.
  static let replacements: [JSONValue?] = [
    nil, .null, .bool(true), .integer(0), .integer(-1), .integer(.max), .number(0.5), .number(-1e300),
    .string("none"),
    .array([]), .object(JSONObject()), .array([.integer(-5), .integer(.max), .integer(3)]),
  ]

  @Test(arguments: families) func everyDamagedKeyEndsInAnAnswerOrATypedError(_ name: String) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.copyItem(at: ReferenceCase.folder(name), to: folder)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("config.json")
    let good = try JSONObject.read(contentsOf: file)
    var (tried, refused) = (0, 0)
    for damaged in Self.damaged(good) {
      let text = try JSONValue.object(damaged).text()
      try Data(text.utf8).write(to: file)
      let time = threadMilliseconds {
        do {
          let inspection = try GammaInspection(folder)
          if inspection.loadingFault != nil { refused += 1 }
        } catch {
          refused += 1
          #expect(
            error is ModelError || error is JSONError || error is CheckpointError || error is FileError,
            "\(error)")
        }
      }
      #expect(time < 100, "\(text) took \(time) ms")
      tried += 1
    }
    #expect(tried > 100 && refused > 40, "\(tried) tried, \(refused) refused")
  }

  /// The configuration with each of its keys, also those of the objects in it, damaged in each way.
  private static func damaged(_ good: JSONObject) -> [JSONObject] {
    good.keys.flatMap { key -> [JSONObject] in
      var results = replacements.map { replacement in
        var copy = JSONObject(good.filter { $0.key != key }.map { ($0.key, $0.value) })
        if let replacement { copy[key] = replacement }
        return copy
      }
      if case .object(let inner)? = good[key] {
        results += damaged(inner).map { changed in
          var copy = good
          copy[key] = .object(changed)
          return copy
        }
      }
      return results
    }
  }
}
