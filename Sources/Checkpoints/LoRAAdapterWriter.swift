internal import Files
package import Foundation
internal import StrictJSON
package import Tensors

/// Writes an adapter's folder as PEFT does.
package struct LoRAAdapterWriter {
  private let rank: Int
  private let alpha: Double
  private let base: String
  private var tensors: [(name: String, tensor: Tensor)] = []
  private var targets: Set<String> = []
  private var replaced: Set<String> = []

  /// - Parameter base: How to find the model that the adapter changes.
  package init(rank: Int, alpha: Double, base: String) {
    self.rank = rank
    self.alpha = alpha
    self.base = base
  }

  /// A change of the matrix of that name.
  /// - Shape: down `[rank, inputs]`, up `[outputs, rank]`
  package mutating func add(_ name: String, down: Tensor, up: Tensor) {
    let module = Self.module(name)
    targets.insert(Self.end(module))
    tensors.append(("base_model.model.\(module).lora_A.weight", down))
    tensors.append(("base_model.model.\(module).lora_B.weight", up))
  }

  /// A tensor that stands in place of the model's.
  package mutating func replace(_ name: String, _ tensor: Tensor) {
    replaced.insert(Self.end(Self.module(name)))
    tensors.append(("base_model.model.\(name)", tensor))
  }

  private static func module(_ name: String) -> String {
    name.hasSuffix(".weight") ? String(name.dropLast(".weight".count)) : name
  }

  private static func end(_ module: String) -> String {
    module.split(separator: ".").last.map(String.init) ?? module
  }

  package func write(to url: URL) throws {
    try AtomicFolder.write(to: url) { folder in
      var writer = SafetensorsWriter(metadata: ["format": "pt"])
      for (name, tensor) in tensors { try writer.add(name, tensor) }
      try writer.write(to: folder.appendingPathComponent("adapter_model.safetensors"))
      var json = JSONObject([
        ("peft_type", "LORA"), ("task_type", "CAUSAL_LM"), ("base_model_name_or_path", JSONValue(base)),
        ("r", JSONValue(rank)), ("lora_alpha", JSONValue(alpha)), ("lora_dropout", JSONValue(0.0)),
        ("bias", "none"), ("fan_in_fan_out", false), ("target_modules", JSONValue(targets.sorted())),
      ])
      if !replaced.isEmpty { json["modules_to_save"] = JSONValue(replaced.sorted()) }
      try AtomicFile.write(
        JSONValue.object(json).text(.pretty) + "\n",
        to: folder.appendingPathComponent(LoRAConfiguration.fileName))
    }
  }
}
