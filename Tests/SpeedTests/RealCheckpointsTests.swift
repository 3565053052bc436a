import Foundation
import Models
import StrictJSON
import Tensors
import Testing

@testable import Speed

/// The memory table of `docs/real-checkpoints.md` against the arithmetic by which `inspect` answers.
@Suite struct RealCheckpointsTests {
  /// Counts bytes as `inspect` does; parameters share little memory by being empty.
  private final class Bytes: ParameterSource {
    private(set) var count = 0
    private(set) var bytes: [WeightPrecision: Int] = [:]

    func parameter(
      _ name: String, _ shape: [Int], initial: InitialValue, role: WeightPrecision.Role
    ) -> Parameter {
      count += shape.reduce(1, *)
      for precision in WeightPrecision.choices {
        bytes[precision, default: 0] += precision.storage(role, shape: shape).byteCount(shape)
      }
      return Parameter(name: name, tensor: Tensor([], shape: [0]))
    }
  }

  /// The shape with Vicuna 13B in place of 7B.
  private static func large(_ shape: ModelShape) -> JSONObject {
    let sizes: [(String, JSONValue)] = [
      ("hidden_size", 5120), ("intermediate_size", 13824), ("num_hidden_layers", 40),
      ("num_attention_heads", 40), ("num_key_value_heads", 40),
    ]
    var json = shape.configuration
    guard var text = json["text_config"]?.object else {
      for (key, value) in sizes { json[key] = value }
      return json
    }
    for (key, value) in sizes { text[key] = value }
    json["text_config"] = .object(text)
    return json
  }

  private static let models: [(String, JSONObject)] = [
    ("LLaVA-1.5 7B", ModelShape.llava15.configuration), ("LLaVA-1.5 13B", large(.llava15)),
    ("LLaVA-HR 7B", ModelShape.llavaHR.configuration), ("LLaVA-HR 13B", large(.llavaHR)),
    ("Mini-Gemini-HD 7B", ModelShape.mgmHD.configuration),
    ("SmolVLM 256M", ModelShape.smolVLM.configuration),
    ("Qwen2.5-VL 3B", ModelShape.qwen25VL.configuration),
  ]

  @Test func theTableSaysWhatInspectSays() throws {
    let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "docs/real-checkpoints.md")
    let lines = try String(contentsOf: page, encoding: .utf8).split(separator: "\n")
    for (name, configuration) in Self.models {
      let bytes = Bytes()
      _ = try ModelRegistry.standard.build(configuration, from: bytes)
      let sizes = WeightPrecision.choices.map {
        String(format: "%.1f", Double(bytes.bytes[$0] ?? 0) / Double(1 << 30))
      }
      let wanted = ([String(Int((Double(bytes.count) / 1e6).rounded()))] + sizes).joined(separator: " | ")
      let row = lines.first { $0.hasPrefix("| \(name)") }.map(String.init) ?? ""
      #expect(row.hasSuffix("| \(wanted) |"), "\(name): \(wanted)")
    }
  }
}
