internal import Checkpoints
internal import Foundation
internal import StrictJSON

/// A text model of a GGUF file as a decoder of Hugging Face's: its configuration, and the tensors by their names there.
struct TextModel {
  /// What an architecture's decoder is called, and how its file differs from a folder.
  private struct Architecture {
    let modelType: String
    /// Whether queries and keys have the pairs of a rotation side by side.
    var hasPairs = false
    /// What was added to the weights of norms.
    var normShift: Float = 0
    var layerNames = TextModel.layerNames
  }

  private static let architectures: [String: Architecture] = [
    "llama": Architecture(modelType: "llama", hasPairs: true),
    "qwen2": Architecture(modelType: "qwen2"),
    "qwen2vl": Architecture(modelType: "qwen2"),
    "qwen3": Architecture(modelType: "qwen3"),
    "qwen3vl": Architecture(modelType: "qwen3"),
    "gemma3": Architecture(
      modelType: "gemma3_text", normShift: 1,
      layerNames: layerNames.merging([
        "post_attention_norm": "post_attention_layernorm", "ffn_norm": "pre_feedforward_layernorm",
        "post_ffw_norm": "post_feedforward_layernorm",
      ]) { $1 }),
  ]

  /// Parts of a layer by their names in the file.
  private static let layerNames = [
    "attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj", "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm", "ffn_norm": "post_attention_layernorm", "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
  ]

  private let metadata: GGUFMetadata
  /// In front of the architecture's keys, with its dot.
  private let prefix: String
  private let architecture: Architecture
  private let heads, keyValueHeads: Int
  /// The names of all parts of a split file's tensors.
  private let stored: [String]

  /// - Parameter stored: The tensors of all files.
  init(_ metadata: GGUFMetadata, stored: [String]) throws {
    self.metadata = metadata
    self.stored = stored
    let name = try metadata.string("general.architecture")
    guard name != "clip" else {
      throw CheckpointError(
        metadata.path,
        "this file holds a picture encoder; name it by --mmproj and the text model's file by -m")
    }
    guard let architecture = Self.architectures[name] else {
      let known = Self.architectures.keys.sorted().joined(separator: ", ")
      throw metadata.fault("general.architecture", "\(name) is not supported; \(known) are")
    }
    self.architecture = architecture
    prefix = name + "."
    heads = try metadata.uniformInt(prefix + "attention.head_count")
    keyValueHeads = try metadata.optionalUniformInt(prefix + "attention.head_count_kv") ?? heads
  }

  /// Numbers of a row.
  var width: Int { get throws { try metadata.int(prefix + "embedding_length") } }

  /// The keys of config.json or of its `text_config`.
  /// - Parameter file: Gives the file that holds a tensor.
  func configuration(_ file: (String) throws -> GGUFFile) throws -> JSONObject {
    var json = JSONObject()
    json["model_type"] = .string(architecture.modelType)
    json["hidden_size"] = JSONValue(try width)
    json["intermediate_size"] = JSONValue(try metadata.uniformInt(prefix + "feed_forward_length"))
    json["num_hidden_layers"] = JSONValue(try metadata.int(prefix + "block_count"))
    json["num_attention_heads"] = JSONValue(heads)
    json["num_key_value_heads"] = JSONValue(keyValueHeads)
    json["head_dim"] = JSONValue(
      try metadata.optionalInt(prefix + "attention.key_length") ?? (heads > 0 ? width / heads : 0))
    json["vocab_size"] = JSONValue(try vocabularySize(file))
    json["max_position_embeddings"] = JSONValue(try metadata.int(prefix + "context_length"))
    json["rms_norm_eps"] = .number(try metadata.double(prefix + "attention.layer_norm_rms_epsilon"))
    json["rope_theta"] = .number(try metadata.optionalDouble(prefix + "rope.freq_base") ?? 10000)
    json["tie_word_embeddings"] = .bool(!stored.contains("output.weight"))
    json["attention_bias"] = .bool(stored.contains("blk.0.attn_output.bias"))
    json["mlp_bias"] = .bool(stored.contains("blk.0.ffn_up.bias"))
    if let scaling = try scaling(file) { json["rope_scaling"] = .object(scaling) }
    if architecture.modelType == "gemma3_text" { try addGemma(&json) }
    return json
  }

  /// Rows of the embedding, which may be more than the tokens.
  private func vocabularySize(_ file: (String) throws -> GGUFFile) throws -> Int {
    let table = "token_embd.weight"
    return try file(table).entry(table).shape.first ?? 0
  }

  /// What Gemma's files leave to whoever reads them.
  private func addGemma(_ json: inout JSONObject) throws {
    let (layers, headWidth) = (try metadata.int(prefix + "block_count"), json["head_dim"]?.int ?? 0)
    // The largest model alone scales by the width of a row's share, and is known by its layers.
    let scalar = layers == 62 && heads > 0 ? try width / heads : headWidth
    json["query_pre_attn_scalar"] = JSONValue(scalar)
    if let scale = try metadata.optionalDouble(prefix + "attention.scale"), scale > 0 {
      json["query_pre_attn_scalar"] = .number(1 / (scale * scale))
    }
    if let largest = try metadata.optionalDouble(prefix + "final_logit_softcapping") {
      json["final_logit_softcapping"] = .number(largest)
    }
    json["sliding_window"] = JSONValue(try metadata.int(prefix + "attention.sliding_window"))
    json["rope_local_base_freq"] = .number(
      try metadata.optionalDouble(prefix + "rope.freq_base_swa") ?? 10000)
    let key = prefix + "attention.sliding_window_pattern"
    guard case .bools(let slides)? = metadata[key] else {
      json["sliding_window_pattern"] = JSONValue(try metadata.optionalInt(key) ?? 6)
      return
    }
    json["layer_types"] = JSONValue(slides.map { $0 ? "sliding_attention" : "full_attention" })
  }

  /// The numbers of pairs that turn by time, row and column; nil where a position is one number.
  var sections: [Int]? {
    get throws {
      guard let sections = try metadata.optionalInts(prefix + "rope.dimension_sections") else { return nil }
      return Array(sections.prefix(3))
    }
  }

  private func scaling(_ file: (String) throws -> GGUFFile) throws -> JSONObject? {
    let context = try metadata.optionalInt(prefix + "rope.scaling.original_context_length")
    let frequencies = "rope_freqs.weight"
    // LLaMA 3's scaling is given by what it makes of the frequencies.
    if stored.contains(frequencies) {
      let divisors = JSONValue(try file(frequencies).floats(frequencies).map { Double($0) })
      return JSONObject([
        ("rope_type", "longrope"), ("factor", 1), ("attention_factor", 1), ("short_factor", divisors),
        ("long_factor", divisors),
        (
          "original_max_position_embeddings",
          JSONValue(try context ?? metadata.int(prefix + "context_length"))
        ),
      ])
    }
    let type = try metadata.optionalString(prefix + "rope.scaling.type") ?? "none"
    guard type != "none" else { return nil }
    var json = JSONObject([("rope_type", .string(type))])
    json["factor"] = .number(try metadata.double(prefix + "rope.scaling.factor"))
    if let context { json["original_max_position_embeddings"] = JSONValue(context) }
    for (key, name) in [
      ("attn_factor", "attention_factor"), ("yarn_beta_fast", "beta_fast"), ("yarn_beta_slow", "beta_slow"),
    ] {
      if let value = try metadata.optionalDouble(prefix + "rope.scaling." + key) {
        json[name] = .number(value)
      }
    }
    return json
  }

  /// The decoder's tensors; what the file holds beside them comes under its own name, so that it is found.
  /// - Parameters:
  ///   - stem: In front of `embed_tokens`, `layers.N` and `norm`, with its dot.
  ///   - head: The name of the head's matrix.
  func tensors(stem: String, head: String) throws -> [String: GGUFTensor] {
    var tensors: [String: GGUFTensor] = [:]
    for name in stored where name != "rope_freqs.weight" {
      let parts = name.split(separator: ".").map(String.init)
      guard let ending = parts.last else { continue }
      switch parts.dropLast() {
      case ["token_embd"]: tensors["\(stem)embed_tokens.\(ending)"] = GGUFTensor(name)
      case ["output_norm"]:
        tensors["\(stem)norm.\(ending)"] = GGUFTensor(name, shift: -architecture.normShift)
      case ["output"] where ending == "weight": tensors[head] = GGUFTensor(name)
      case let path where path.count == 3 && path[0] == "blk":
        guard let part = architecture.layerNames[path[2]] else { fallthrough }
        tensors["\(stem)layers.\(path[1]).\(part).\(ending)"] = GGUFTensor(
          name, order: order(path[2]), shift: part.hasSuffix("norm") ? -architecture.normShift : 0)
      default: tensors[name] = GGUFTensor(name)
      }
    }
    return tensors
  }

  private func order(_ part: String) -> GGUFTensor.Order {
    switch part {
    case "attn_q" where architecture.hasPairs: .pairs(heads: heads)
    case "attn_k" where architecture.hasPairs: .pairs(heads: keyValueHeads)
    default: .stored
    }
  }
}
