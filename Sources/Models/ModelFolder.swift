internal import Checkpoints
internal import Files
public import Foundation
internal import StrictJSON
public import Tensors

/// Writes models as their family's checkpoint folders.
public enum ModelFolder {
  /// The files that come with a tokenizer or a preprocessor and are copied as they are.
  static let companions = [
    "tokenizer.model", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
    "added_tokens.json",
    "preprocessor_config.json", "processor_config.json", "chat_template.json", "chat_template.jinja",
    "generation_config.json",
  ]

  /// Writes weights, configuration and the companion files of `tokenizer` in one atomic step.
  /// - Parameters:
  ///   - dtype: The format of all weights on disk.
  ///   - tokenizer: A folder from which to copy the tokenizer's and preprocessor's files.
  public static func write(_ model: VisionLanguageModel, to url: URL, dtype: DType, tokenizer: URL) throws {
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try AtomicFolder.write(to: url) { folder in
      var writer = SafetensorsWriter(metadata: ["format": "pt"])
      for (name, parameter) in model.storedTensors {
        try writer.add(name, parameter.tensor.converted(to: dtype))
      }
      try writer.write(to: folder.appendingPathComponent("model.safetensors"))
      var members = model.configuration.filter { $0.key != "dtype" && $0.key != "torch_dtype" }
        .map { ($0.key, $0.value) }
      members.append(("torch_dtype", .string(dtype == .bfloat16 ? "bfloat16" : "float32")))
      let json = try JSONValue.object(JSONObject(members)).text(.pretty) + "\n"
      try AtomicFile.write(Data(json.utf8), to: folder.appendingPathComponent("config.json"))
      for (path, json) in model.towerConfigurations {
        let file = folder.appendingPathComponent(path)
        try FileManager.default.createDirectory(
          at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try AtomicFile.write(try JSONValue.object(json).text(.pretty) + "\n", to: file)
      }
      for name in companions {
        let file = tokenizer.appendingPathComponent(name)
        guard FileManager.default.fileExists(atPath: file.path) else { continue }
        try AtomicFile.write(Data(contentsOf: file), to: folder.appendingPathComponent(name))
      }
    }
  }
}
