package import Foundation
package import Tensors

extension CheckpointFolder {
  /// The same model as an adapter of PEFT changes it: low-rank changes are added and whole layers replaced as tensors
  /// are read, and `non_lora_trainables.bin`, which LLaVA's training writes beside the adapter, stands before both.
  ///
  /// The folder stays the base model's, but JSON files and side files of the adapter's folder are found first.
  /// - Parameters:
  ///   - url: A folder with `adapter_config.json` and `adapter_model.safetensors` or `adapter_model.bin`.
  ///   - backend: Computes the products.
  /// - Throws: One `CheckpointError` for everything about the adapter that does not fit this model; `CheckpointError` or
  ///   `JSONError` if its files are missing or malformed, or it is of a type that is not supported.
  package func merging(adapter url: URL, backend: Backend = Backend()) throws -> CheckpointFolder {
    let adapter = try LoRAAdapter(url, limits: limits)
    let faults = try adapter.faults(in: tensors)
    guard faults.isEmpty else {
      let rest = faults.count > 8 ? "; and \(faults.count - 8) more" : ""
      throw CheckpointError(
        url.path,
        "the adapter does not fit the model \(self.url.path): "
          + "\(faults.prefix(8).joined(separator: "; "))\(rest). Check that it was trained on this model")
    }
    let merged = layered(
      with: url, tensors: MergedTensors(base: tensors, adapter: adapter, backend: backend))
    guard let rest = try WeightFormat.open("non_lora_trainables", in: url, limits: limits) else {
      return merged
    }
    let rename = Self.nameOfTrainable(among: rest.names)
    return try merged.adding(rest) { rename($0) }
  }

  /// LLaVA's names of what it trains besides the adapter begin with those of the wrappers that training put around the
  /// model, as its own loader knows.
  private static func nameOfTrainable(among names: [String]) -> (String) -> String {
    func unwrapped(_ name: String) -> String {
      name.hasPrefix("base_model.") ? String(name.dropFirst("base_model.".count)) : name
    }
    let isWrapped = names.contains { unwrapped($0).hasPrefix("model.model.") }
    return { name in
      let name = unwrapped(name)
      return isWrapped && name.hasPrefix("model.") ? String(name.dropFirst("model.".count)) : name
    }
  }
}
