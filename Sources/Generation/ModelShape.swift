internal import Foundation
public import Models
internal import StrictJSON
public import Tensors

/// Decoders of well-known models with random weights, for timing without their files.
public enum ModelShape: String, Sendable, CaseIterable {
  case llama11b = "llama-1.1b"
  case llava15 = "llava-1.5-7b"
  case llavaHR = "llava-hr-7b"
  case mgmHD = "mgm-hd-7b"
  case smolVLM = "smolvlm-256m"
  case qwen25VL = "qwen2.5-vl-3b"

  /// Image tokens of one picture.
  public var imageTokens: Int {
    switch self {
    case .llama11b, .llava15: 576
    case .llavaHR, .qwen25VL: 1024
    case .mgmHD: 2880
    case .smolVLM: 1088
    }
  }

  private var sizes: (width: Int, ffn: Int, layers: Int, heads: Int, keyHeads: Int, vocabulary: Int) {
    switch self {
    case .llama11b: (2048, 5632, 22, 32, 4, 32000)
    case .llava15, .llavaHR, .mgmHD: (4096, 11008, 32, 32, 32, 32000)
    case .smolVLM: (576, 1536, 30, 9, 3, 49280)
    case .qwen25VL: (2048, 11008, 36, 16, 2, 151_936)
    }
  }

  /// The decoder alone: its tower is not timed.
  /// - Parameter precision: The format of the weights.
  public func model(_ precision: WeightPrecision) throws -> VisionLanguageModel {
    let sizes = sizes
    let json = JSONObject([
      ("model_type", "llama"), ("hidden_size", JSONValue(sizes.width)),
      ("intermediate_size", JSONValue(sizes.ffn)),
      ("num_hidden_layers", JSONValue(sizes.layers)), ("num_attention_heads", JSONValue(sizes.heads)),
      ("num_key_value_heads", JSONValue(sizes.keyHeads)), ("vocab_size", JSONValue(sizes.vocabulary)),
      ("max_position_embeddings", JSONValue(8192)),
    ])
    return try ModelRegistry.build(json, from: RepeatedNoise(precision))
  }
}

/// Parameters that repeat one block of random numbers: as hard to multiply as any, and quick to make.
final class RepeatedNoise: ParameterSource {
  private let precision: WeightPrecision
  private let backend = Backend(threads: ProcessInfo.processInfo.activeProcessorCount)
  private let block: [Float]

  init(_ precision: WeightPrecision) {
    self.precision = precision
    var numbers = NormalNumbers(seed: 1)
    block = (0..<65521).map { _ in numbers.next() }
  }

  func parameter(_ name: String, _ shape: [Int], initial: InitialValue, role: WeightPrecision.Role)
    -> Parameter
  {
    guard shape.count > 1, case .normal(let deviation) = initial else {
      return Parameter(
        name: name, tensor: Tensor([Float](repeating: 1, count: shape.reduce(1, *)), shape: shape))
    }
    let storage = precision.storage(role, shape: shape)
    let isNarrow = storage == .plain(.bfloat16)
    let tensor = Tensor(uninitialized: shape, dtype: isNarrow ? .bfloat16 : .float32)
    let part = Tensor(block.map { $0 * deviation }, shape: [block.count]).converted(to: tensor.dtype)
    var filled = 0
    while filled < tensor.bytes.count {
      let count = min(part.bytes.count, tensor.bytes.count - filled)
      tensor.bytes[filled..<filled + count].copyBytes(from: part.bytes[..<count])
      filled += count
    }
    return tensor.stored(as: storage, name: name, backend: backend)
  }
}
