import Foundation
import Tensors

/// The tensors of an adapter, sorted by what becomes of the model's tensors.
struct LoRAAdapter {
  /// Two factors of a change. Names are those in the adapter's file.
  struct Pair {
    var a: String?
    var b: String?
    /// Embeddings are stored as inputs × outputs, and so are their changes.
    var isEmbedding = false
  }

  let configuration: LoRAConfiguration
  let file: any TensorFile
  /// By the model's tensor that they change.
  private(set) var pairs: [String: Pair] = [:]
  /// The adapter's names by the model's tensors that they replace.
  private(set) var replacements: [String: String] = [:]

  /// Reads the configuration and the names of an adapter's folder.
  init(_ folder: URL, limits: CheckpointLimits) throws {
    configuration = try LoRAConfiguration(folder.appendingPathComponent(LoRAConfiguration.fileName))
    guard let file = try WeightFormat.open("adapter_model", in: folder, limits: limits) else {
      throw CheckpointError(
        folder.path, "the adapter's weights are missing; add adapter_model.safetensors or adapter_model.bin")
    }
    self.file = file
    for name in file.names { try sort(name) }
  }

  private mutating func sort(_ name: String) throws {
    let stem = "base_model.model."
    guard name.hasPrefix(stem) else {
      throw CheckpointError(
        file.url.path, "the tensor \(name) does not begin with \(stem); this is no adapter that PEFT wrote")
    }
    var parts = name.dropFirst(stem.count).split(separator: ".", omittingEmptySubsequences: false)
    if let index = parts.firstIndex(where: { $0.hasPrefix("lora_") }) {
      let (kind, rest) = (String(parts[index]), parts[(index + 1)...].filter { $0 != "default" })
      let target = (parts[..<index] + ["weight"]).joined(separator: ".")
      switch (kind, rest) {
      case ("lora_A", ["weight"]): try pair(target, \.a, name)
      case ("lora_B", ["weight"]): try pair(target, \.b, name)
      case ("lora_embedding_A", []), ("lora_embedding_B", []):
        try pair(target, kind.hasSuffix("A") ? \.a : \.b, name)
        pairs[target]?.isEmbedding = true
      default:
        throw CheckpointError(
          file.url.path,
          "the tensor \(name) is of a variant of LoRA that is not supported; merge the adapter with PEFT")
      }
    } else {
      if parts.contains("original_module") { return }
      parts.removeAll { $0 == "modules_to_save" || $0 == "base_layer" || $0 == "default" }
      let target = parts.joined(separator: ".")
      if let other = replacements.updateValue(name, forKey: target) {
        throw CheckpointError(
          file.url.path, "\(other) and \(name) both replace \(target); remove one of them")
      }
    }
  }

  private mutating func pair(_ target: String, _ half: WritableKeyPath<Pair, String?>, _ name: String) throws
  {
    if let other = pairs[target]?[keyPath: half] {
      throw CheckpointError(file.url.path, "\(other) and \(name) both change \(target); remove one of them")
    }
    pairs[target, default: Pair()][keyPath: half] = name
  }

  /// Whether matrices of the pair's model are stored as inputs × outputs.
  func isTransposed(_ pair: Pair) -> Bool { pair.isEmbedding || configuration.fanInFanOut }

  /// Everything about the adapter that does not fit a model, as sentences without their full stops.
  func faults(in base: any TensorSource) throws -> [String] {
    let known = Set(base.names)
    var faults: [String] = []
    for (target, pair) in pairs.sorted(by: { $0.key < $1.key }) {
      guard let a = pair.a, let b = pair.b else {
        faults.append("\(target) has \(pair.a == nil ? "B and no A" : "A and no B")")
        continue
      }
      guard known.contains(target) else {
        faults.append("the model has no \(target)")
        continue
      }
      if let targets = configuration.targets, !targets.isEmpty,
        !targets.contains(where: { names($0, target) })
      {
        faults.append("\(target) is none of target_modules")
      }
      let (aShape, bShape) = (try file.entry(a).shape, try file.entry(b).shape)
      let shape = try base.entry(target).shape
      guard aShape.count == 2, bShape.count == 2, shape.count == 2 else {
        faults.append(
          "\(target) is \(shape) with A \(aShape) and B \(bShape), and only matrices can be merged")
        continue
      }
      if aShape[0] != bShape[1] || aShape[0] != configuration.rank {
        faults.append(
          "\(target) has A of rank \(aShape[0]), B of rank \(bShape[1]) and r is \(configuration.rank)")
      }
      let change = isTransposed(pair) ? [aShape[1], bShape[0]] : [bShape[0], aShape[1]]
      if change != shape { faults.append("\(target) is \(shape) and its change is \(change)") }
    }
    for (target, name) in replacements.sorted(by: { $0.key < $1.key }) {
      guard known.contains(target) else {
        faults.append("the model has no \(target), which \(name) is to replace")
        continue
      }
      let (new, old) = (try file.entry(name).shape, try base.entry(target).shape)
      if new != old { faults.append("\(target) is \(old) and what replaces it is \(new)") }
    }
    for module in configuration.replaced where !replacements.keys.contains(where: { names(module, $0) }) {
      faults.append("modules_to_save names \(module) and no tensor replaces it")
    }
    return faults
  }

  /// Whether a layer is meant by the end of its name.
  private func names(_ module: String, _ tensor: String) -> Bool {
    let layer = tensor.split(separator: ".").dropLast().joined(separator: ".")
    return layer == module || layer.hasSuffix(".\(module)")
  }
}
