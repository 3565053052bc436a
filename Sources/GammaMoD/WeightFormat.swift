internal import Tensors

/// In which number format a model's weights are held in memory: the fewer bits, the less memory and the faster, the coarser.
public enum WeightFormat: String, Sendable, CaseIterable {
  /// 32 bits.
  case float32 = "f32"
  /// 16 bits, as most checkpoints store them.
  case bfloat16 = "bf16"
  /// 8 bits and a scale for 128 inputs.
  case int8
  /// 4 bits and a scale for 32 inputs in the decoder's layers, 8 bits elsewhere.
  case int4

  var precision: WeightPrecision {
    switch self {
    case .float32: .float32
    case .bfloat16: .bfloat16
    case .int8: .int8
    case .int4: .int4
    }
  }
}
