package import Checkpoints
package import Foundation
package import StrictJSON
internal import Tensors

/// A model in one or several GGUF files, as what its family's folder would be.
package enum GGUFModel {
  private static let projectors: [any ProjectorFamily.Type] = [
    LlavaProjector.self, Idefics3Projector.self, QwenProjector.self, Qwen3Projector.self,
    InternVLProjector.self, PixtralProjector.self,
    Gemma3Projector.self,
  ]

  /// - Parameters:
  ///   - url: The text model; of a split one any part.
  ///   - projector: The picture encoder's file (`mmproj`); nil for models that shall read text only.
  /// - Throws: `CheckpointError` or `FileError` that names the file, if one is missing, malformed or not supported.
  package static func open(_ url: URL, projector: URL?) throws -> CheckpointFolder {
    let parts = try SplitFiles(url).files.map { try GGUFFile($0) }
    try SplitFiles.check(parts)
    let metadata = parts[0].metadata
    let text = try TextModel(metadata, stored: parts.flatMap(\.names))
    let tokenizer = try TokenizerDocuments(metadata)
    var documents: [String: JSONObject] = [:]
    let encoder = try projector.map { try ProjectorFile(GGUFFile($0)) }
    let family = try encoder.map(family)
    let names = family?.decoder ?? (stem: "model.", head: "lm_head.weight")
    var tensors = try text.tensors(stem: names.stem, head: names.head)
    if let family { tensors.merge(try family.tensors()) { first, _ in first } }
    let source = try GGUFTensors(tensors, in: parts + (encoder.map { [$0.file] } ?? []))
    let configuration = try text.configuration { name in
      guard let part = parts.first(where: { $0.entries[name] != nil }) else {
        throw CheckpointError(url.path, "the tensor \(name) is missing; convert the model again")
      }
      return part
    }
    if let encoder, let family {
      try check(encoder, width: text.width)
      documents["config.json"] = try family.configuration(
        text: configuration, sections: text.sections, id: tokenizer.id)
      documents["preprocessor_config.json"] = try family.preprocessor()
    } else {
      documents["config.json"] = configuration
    }
    return CheckpointFolder(
      url, documents: GGUFDocuments(path: url.path, objects: documents, tokenizer: tokenizer), tensors: source
    )
  }

  /// The documents of a text model's tokenizer alone.
  /// - Throws: As `open`.
  package static func documents(_ url: URL) throws -> any DocumentSource {
    GGUFDocuments(
      path: url.path, objects: [:],
      tokenizer: try TokenizerDocuments(GGUFFile(SplitFiles(url).files[0]).metadata))
  }

  private static func family(_ file: ProjectorFile) throws -> any ProjectorFamily {
    let type = try file.type
    guard let family = projectors.first(where: { $0.types.contains(type) }) else {
      let known = projectors.flatMap { $0.types }.joined(separator: ", ")
      throw file.fault("clip.projector_type", "encoders of the kind \(type) are not supported; \(known) are")
    }
    return try family.init(file)
  }

  /// The projector's last matrix gives rows of the text model.
  private static func check(_ encoder: ProjectorFile, width: Int) throws {
    let last = ["mm.3.weight", "mm.2.weight", "mm.model.fc.weight", "mm.input_projection.weight"].lazy
      .compactMap {
        encoder.file.entries[$0]
      }.first
    // Gemma's matrix is stored the other way round.
    let axis = last?.name == "mm.input_projection.weight" ? last?.shape.last : last?.shape.first
    guard let rows = axis, rows != width else { return }
    throw CheckpointError(
      encoder.file.url.path,
      "its features have \(rows) numbers and the text model's rows \(width); name files that belong together")
  }
}

/// Documents that stand for those of a folder; a tokenizer's are only made where they are asked for.
private struct GGUFDocuments: DocumentSource {
  let path: String
  let objects: [String: JSONObject]
  let tokenizer: TokenizerDocuments

  func document(_ name: String) throws -> Document? {
    if let object = objects[name] { return .object(object) }
    return try tokenizer.document(name)
  }
}

/// The parts of a model that is split into several files.
private struct SplitFiles {
  let files: [URL]

  /// - Parameter url: One file, or any part of several (`NAME-00001-of-00003.gguf`).
  init(_ url: URL) throws {
    let name = url.deletingPathExtension().lastPathComponent
    let pieces = name.components(separatedBy: "-")
    guard pieces.count >= 4, pieces[pieces.count - 2] == "of", pieces[pieces.count - 1].count == 5,
      pieces[pieces.count - 3].count == 5, let count = Int(pieces[pieces.count - 1]),
      (1...99999).contains(count),
      Int(pieces[pieces.count - 3]) != nil
    else {
      files = [url]
      return
    }
    let stem = pieces.dropLast(3).joined(separator: "-")
    func numbered(_ number: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }
    let folder = url.deletingLastPathComponent()
    var found: [URL] = []
    for part in 1...count {
      let file = folder.appendingPathComponent("\(stem)-\(numbered(part))-of-\(numbered(count)).gguf")
      guard FileManager.default.fileExists(atPath: file.path) else {
        throw CheckpointError(file.path, "this part of the model is missing; download all \(count)")
      }
      found.append(file)
    }
    files = found
  }

  /// Parts know how many they are and where they stand.
  static func check(_ parts: [GGUFFile]) throws {
    for (index, part) in parts.enumerated() {
      let count = try part.metadata.optionalInt("split.count") ?? 1
      let number = try part.metadata.optionalInt("split.no") ?? 0
      guard count == parts.count, number == index else {
        throw CheckpointError(
          part.url.path,
          "the file says that it is part \(number + 1) of \(count), and \(parts.count) of its name are there; download all parts of one model"
        )
      }
    }
  }
}
