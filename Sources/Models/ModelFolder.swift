internal import Checkpoints
internal import Files
package import Foundation
package import StrictJSON
package import Tensors

/// Writes models as their family's checkpoint folders.
package enum ModelFolder {
  /// - Throws: `ModelError` if a model written to `target` would replace the one that it is made from.
  package static func check(_ target: URL, isNot source: URL) throws {
    let places = [source, target].map { $0.resolvingSymlinksInPath().standardizedFileURL.path }
    guard places[0] != places[1], FileIdentity(source) == nil || FileIdentity(source) != FileIdentity(target)
    else {
      throw ModelError("\(target.path): the model that is read lies there; write to another folder")
    }
  }

  private static func require(_ isFinite: Bool, _ name: String, _ url: URL) throws {
    guard isFinite else {
      throw ModelError(
        "\(url.path): the model was not written because its tensor \(name) holds NaN, infinity or numbers too large for the format; check what it was made from"
      )
    }
  }

  /// The files that come with a tokenizer or a preprocessor and are copied as they are.
  static let companions = [
    "tokenizer.model", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
    "added_tokens.json",
    "preprocessor_config.json", "processor_config.json", "chat_template.json", "chat_template.jinja",
    "generation_config.json",
  ]

  private static func content(_ document: Document) throws -> Data {
    switch document {
    case .file(let url): try MappedFile(url).withBytes { Data($0) }
    case .object(let object): Data((try JSONValue.object(object).text(.pretty) + "\n").utf8)
    case .bytes(let bytes): Data(bytes)
    }
  }

  /// The format of weights on disk.
  package enum WeightFormat: Sendable, Equatable {
    /// All in one number format.
    case plain(DType)
    /// As each is held in memory.
    case packed
  }

  /// What config.json says of packed weights, under the key that the field uses for this.
  private static let packedNote = (
    key: "quantization_config",
    value: JSONValue.object(JSONObject([("quant_method", .string("gamma-mod")), ("version", JSONValue(1))]))
  )

  /// Writes weights, configuration and the tokenizer's and preprocessor's files in one atomic step.
  /// - Parameters:
  ///   - documents: What to copy these files from; by default what the model was loaded with.
  ///   - mayReplace: Whether a model that is there is replaced.
  /// - Throws: `ModelError` that names the tensor if one holds NaN or an infinity, in `format`; what was there stays.
  package static func write(
    _ model: VisionLanguageModel, to url: URL, format: WeightFormat, documents: (any DocumentSource)? = nil,
    mayReplace: Bool = true
  ) throws {
    try AtomicFolder.write(to: url, mayReplace: mayReplace) { folder in
      var writer = SafetensorsWriter(metadata: ["format": "pt"])
      for (name, parameter) in model.storedTensors {
        switch (format, parameter.content) {
        case (.packed, .packed(let matrix)):
          try require(matrix.isFinite, name, url)
          try writer.add(name, matrix)
        case (.packed, .plain(let tensor)):
          try require(tensor.isFinite, name, url)
          try writer.add(name, tensor)
        case (.plain(let dtype), _):
          let tensor = parameter.tensor.converted(to: dtype)
          try require(tensor.isFinite, name, url)
          try writer.add(name, tensor)
        }
      }
      try writer.write(to: folder.appendingPathComponent("model.safetensors"))
      let replaced = ["dtype", "torch_dtype", packedNote.key]
      var members = model.configuration.filter { !replaced.contains($0.key) }.map { ($0.key, $0.value) }
      members.append(
        ("torch_dtype", .string(format == .plain(.bfloat16) ? "bfloat16" : "float32")))
      if format == .packed { members.append(packedNote) }
      let json = try JSONValue.object(JSONObject(members)).text(.pretty) + "\n"
      try AtomicFile.write(Data(json.utf8), to: folder.appendingPathComponent("config.json"))
      for (path, json) in model.towerConfigurations {
        let file = folder.appendingPathComponent(path)
        try Disk.createFolder(file.deletingLastPathComponent())
        try AtomicFile.write(try JSONValue.object(json).text(.pretty) + "\n", to: file)
      }
      for name in companions {
        guard let document = try (documents ?? model.documents)?.document(name) else { continue }
        try AtomicFile.write(try content(document), to: folder.appendingPathComponent(name))
      }
    }
  }
}
