internal import Checkpoints
internal import Foundation
internal import StrictJSON

/// A file of a picture encoder and what brings its features to a text model (`mmproj`).
struct ProjectorFile {
  let file: GGUFFile
  var metadata: GGUFMetadata { file.metadata }

  init(_ file: GGUFFile) throws {
    self.file = file
    let architecture = try file.metadata.string("general.architecture")
    guard architecture == "clip" else {
      throw CheckpointError(
        file.url.path, "this is a text model (\(architecture)), not a picture encoder; name it by -m")
    }
  }

  /// What kind of model the file belongs to.
  var type: String {
    get throws {
      try metadata.optionalString("clip.projector_type") ?? metadata.optionalString(
        "clip.vision.projector_type") ?? "mlp"
    }
  }

  func fault(_ key: String, _ message: String) -> CheckpointError { metadata.fault(key, message) }

  func has(_ tensor: String) -> Bool { file.entries[tensor] != nil }

  /// A size that every such file gives.
  func size(_ name: String) throws -> Int { try metadata.int("clip.vision." + name) }
  func optionalSize(_ name: String) throws -> Int? { try metadata.optionalInt("clip.vision." + name) }
  var normEpsilon: Double { get throws { try metadata.double("clip.vision.attention.layer_norm_epsilon") } }
  var width: Int { get throws { try size("embedding_length") } }

  /// The name of the activation in transformers' configurations.
  var activation: String {
    get throws {
      if try metadata.optionalBool("clip.use_gelu") == true { return "gelu_pytorch_tanh" }
      return try metadata.optionalBool("clip.use_silu") == true ? "silu" : "quick_gelu"
    }
  }

  /// The keys of a preprocessor_config.json that say how colours are scaled.
  func colours() throws -> [(String, JSONValue)] {
    func three(_ name: String) throws -> JSONValue {
      guard let numbers = try metadata.optionalDoubles("clip.vision." + name), numbers.count == 3 else {
        throw fault("clip.vision." + name, "three numbers are needed; convert the model again")
      }
      return JSONValue(numbers)
    }
    return [("image_mean", try three("image_mean")), ("image_std", try three("image_std"))]
  }

  /// The parts of a block's MLP; old converters exchanged the names of both.
  func mlp() throws -> (up: String, down: String) {
    let isExchanged =
      try file.entries["v.blk.0.ffn_down.weight"]?.shape.last == width
      && file.entries["v.blk.0.ffn_up.weight"]?.shape.last != width
    return isExchanged ? ("ffn_down", "ffn_up") : ("ffn_up", "ffn_down")
  }

  /// Weights and biases of stored parts under a family's names; parts that the file has none of are left out.
  func tensors(_ names: [(stored: String, family: String)]) -> [String: GGUFTensor] {
    var tensors: [String: GGUFTensor] = [:]
    for (stored, family) in names {
      for ending in ["weight", "bias"] where has("\(stored).\(ending)") {
        tensors["\(family).\(ending)"] = GGUFTensor("\(stored).\(ending)")
      }
    }
    return tensors
  }

  /// The same for the parts of every block.
  func blocks(_ stem: String, _ names: [(stored: String, family: String)]) throws -> [String: GGUFTensor] {
    let count = try size("block_count")
    guard (0...4096).contains(count) else {
      throw fault("clip.vision.block_count", "\(count) blocks are not supported; download the file again")
    }
    return tensors(
      (0..<count).flatMap { block in
        names.map { ("v.blk.\(block).\($0.stored)", "\(stem)\(block).\($0.family)") }
      })
  }
}

/// How the files of one kind of encoder become the parts of a family's folder.
protocol ProjectorFamily: Sendable {
  /// What `clip.projector_type` calls them.
  static var types: [String] { get }

  init(_ file: ProjectorFile) throws
  /// The names of the decoder's tensors.
  var decoder: (stem: String, head: String) { get }
  /// config.json.
  /// - Parameters:
  ///   - text: The text model's part.
  ///   - sections: As `TextModel.sections`.
  ///   - id: Gives the id of a token by its spelling; nil where the vocabulary has none.
  func configuration(text: JSONObject, sections: [Int]?, id: (String) -> Int?) throws -> JSONObject
  /// The encoder's and projector's tensors by the family's names.
  func tensors() throws -> [String: GGUFTensor]
  /// preprocessor_config.json.
  func preprocessor() throws -> JSONObject
}
