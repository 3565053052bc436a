internal import Tensors

/// The families of text decoders. They share their layers and differ in what these have.
package enum DecoderKind: String, Sendable, CaseIterable {
  case llama, mistral, qwen2, qwen3, lfm2
  case qwen3VL = "qwen3_vl_text"
  case gemma3 = "gemma3_text"

  /// - Parameter modelType: `model_type` of a configuration or of its `text_config`.
  init?(modelType: String) {
    switch modelType {
    case "qwen2_vl", "qwen2_vl_text", "qwen2_5_vl", "qwen2_5_vl_text": self = .qwen2
    case "qwen3_vl": self = .qwen3VL
    case "gemma3": self = .gemma3
    default: self.init(rawValue: modelType)
    }
  }

  /// What a configuration means that leaves a key out: the defaults of Hugging Face's classes.
  struct Usual {
    var hiddenSize = 4096
    var intermediateSize = 22016
    var layers = 32
    var heads = 32
    /// As many as heads of queries if nil.
    var keyValueHeads: Int?
    /// Theirs together are as wide as a row if nil.
    var headWidth: Int?
    var vocabularySize = 151_936
    var contextLength = 32768
    var normEpsilon = 1e-6
    var tiesEmbeddings = false
    /// Of the MLP's gate, and the key that names it.
    var activation = (kind: Activation.silu, name: "silu", key: "hidden_act")
    var epsilonKey = "rms_norm_eps"
  }

  var usual: Usual {
    switch self {
    case .llama: Usual(intermediateSize: 11008, vocabularySize: 32000, contextLength: 2048)
    case .mistral:
      Usual(
        intermediateSize: 14336, keyValueHeads: 8, vocabularySize: 32000, contextLength: 131_072)
    case .qwen2: Usual()
    case .qwen3: Usual(headWidth: 128)
    case .qwen3VL: Usual(headWidth: 128, contextLength: 128_000)
    case .gemma3:
      Usual(
        hiddenSize: 2304, intermediateSize: 9216, layers: 26, heads: 8, keyValueHeads: 4, headWidth: 256,
        vocabularySize: 262_208, contextLength: 131_072, tiesEmbeddings: true,
        activation: (.geluTanh, "gelu_pytorch_tanh", "hidden_activation"))
    case .lfm2:
      Usual(
        hiddenSize: 2560, intermediateSize: 12288, keyValueHeads: 8, vocabularySize: 65536,
        contextLength: 128_000, normEpsilon: 1e-5, tiesEmbeddings: true, epsilonKey: "norm_eps")
    }
  }

  /// How it reads the keys of its rotary embedding.
  var rotary: RotaryConfiguration.Habits {
    switch self {
    case .llama, .mistral, .qwen2, .qwen3: .init()
    case .qwen3VL: .init(theta: 500_000, sections: [24, 20, 20], interleaves: true)
    case .gemma3: .init(theta: 1e6, layers: "full_attention")
    case .lfm2: .init(theta: 1e6)
    }
  }

  /// The same for layers with a window, where these have one of their own.
  var windowedRotary: RotaryConfiguration.Habits? {
    guard self == .gemma3 else { return nil }
    return .init(thetaKey: "rope_local_base_freq", layers: "sliding_attention", readsScaling: false)
  }

  /// What the parts of a layer are called in checkpoints.
  struct LayerParts {
    var inputNorm = "input_layernorm"
    /// Behind the attention, in front of the residual; nil where there is none, as for the next.
    var attentionNorm: String?
    var mlpNorm = "post_attention_layernorm"
    var outputNorm: String?
    var attentionOutput = "self_attn.o_proj"
    /// The norms of queries' and keys' heads.
    var headNorms = (query: "self_attn.q_norm", key: "self_attn.k_norm")
    var mlp = (gate: "mlp.gate_proj", up: "mlp.up_proj", down: "mlp.down_proj")
  }

  var layerParts: LayerParts {
    switch self {
    case .llama, .mistral, .qwen2, .qwen3, .qwen3VL: LayerParts()
    case .gemma3:
      LayerParts(
        attentionNorm: "post_attention_layernorm", mlpNorm: "pre_feedforward_layernorm",
        outputNorm: "post_feedforward_layernorm")
    case .lfm2:
      LayerParts(
        inputNorm: "operator_norm", mlpNorm: "ffn_norm", attentionOutput: "self_attn.out_proj",
        headNorms: ("self_attn.q_layernorm", "self_attn.k_layernorm"),
        mlp: ("feed_forward.w1", "feed_forward.w3", "feed_forward.w2"))
    }
  }

  /// The norm behind the last layer.
  var lastNorm: String { self == .lfm2 ? "embedding_norm" : "norm" }
}
