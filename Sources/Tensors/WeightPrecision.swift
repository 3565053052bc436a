/// The formats in which a model holds its weights in memory.
package enum WeightPrecision: String, Sendable {
  case float32 = "f32"
  case bfloat16 = "bf16"
  case int8, int4
  /// Each matrix in the blocks of its file; nothing is rounded to them.
  case blocks

  /// Those that any model's weights can be held in.
  package static let choices: [WeightPrecision] = [.float32, .bfloat16, .int8, .int4]

  package init(_ dtype: DType) { self = dtype == .float32 ? .float32 : .bfloat16 }

  package init(_ format: PackedMatrix.Format) {
    switch format {
    case .int8: self = .int8
    case .int4: self = .int4
    default: self = .blocks
    }
  }

  /// Whether matrices have fewer than 16 bits, with scales beside them.
  package var isPacked: Bool { self == .int8 || self == .int4 || self == .blocks }

  /// What a model does with a parameter, which decides how many bits it can lose.
  package enum Role: Sendable {
    /// A matrix of a decoder layer.
    case projection
    /// Another matrix of products: of a tower, a projector, or the head.
    case matrix
    /// Rows that are looked up, and perhaps a head's matrix as well.
    case table
    /// Anything else.
    case other
  }

  /// How one parameter is held.
  package enum Storage: Sendable, Equatable {
    case plain(DType)
    case packed(PackedMatrix.Format)

    /// Bytes that a parameter of `shape` takes.
    package func byteCount(_ shape: some Collection<Int>) -> Int {
      switch self {
      case .plain(let dtype): shape.reduce(1, *) * dtype.size
      case .packed(let format): PackedMatrix.byteCount(shape, format)
      }
    }
  }

  /// Fewer outputs are not worth packing.
  private static let fewestOutputs = 16

  /// Only the matrices of decoder layers have 4 bits: towers are limited by computing, which has 8 bits either way, and
  /// tables and heads lose more than they save.
  package func storage(_ role: Role, shape: some Collection<Int>) -> Storage {
    guard shape.count > 1 else { return .plain(.float32) }
    switch self {
    case .float32, .blocks: return .plain(.float32)
    case .bfloat16: return .plain(.bfloat16)
    case .int8, .int4:
      guard role != .other, let outputs = shape.first, outputs >= Self.fewestOutputs else {
        return .plain(.float32)
      }
      return .packed(self == .int4 && role == .projection ? .int4 : .int8)
    }
  }
}

extension Tensor {
  /// The elements as a model of some precision holds them.
  package func stored(as storage: WeightPrecision.Storage, name: String, backend: Backend) -> Parameter {
    switch storage {
    case .plain(let dtype): Parameter(name: name, tensor: converted(to: dtype))
    case .packed(let format):
      Parameter(name: name, packed: PackedMatrix(self, format: format, backend: backend))
    }
  }
}
