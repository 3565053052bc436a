/// A named tensor that a model learns.
///
/// Safe to share: tapes only read it; the optimiser and loaders replace or change its content while no tape runs.
package final class Parameter: @unchecked Sendable {
  /// How the numbers are held.
  package enum Content: Sendable {
    /// float32, or bfloat16 for models that only answer.
    case plain(Tensor)
    /// Few bits, for models that only answer.
    case packed(PackedMatrix)
  }

  /// The tensor's name in this project's own scheme, unique within a model.
  package let name: String
  package private(set) var content: Content
  /// Whether training changes it.
  package var isTrainable = true
  /// The value rounded to bfloat16, kept by a trainer that computes in bfloat16.
  package var rounded: Tensor?
  /// The matrix once more as products read it, for models that only answer.
  var panels: FloatPanels?
  /// What linear operations add to the matrix while it is learnt that way.
  package var lowRankChange: LowRankChange?

  package init(name: String, tensor: Tensor) {
    self.name = name
    content = .plain(tensor)
  }

  package init(name: String, packed matrix: PackedMatrix) {
    self.name = name
    content = .packed(matrix)
  }

  /// The value as a tensor. A packed one is unpacked at every call, so computing layers look at `content`.
  package var tensor: Tensor {
    get {
      switch content {
      case .plain(let tensor): tensor
      case .packed(let matrix): matrix.unpacked()
      }
    }
    set {
      content = .plain(newValue)
      panels = nil
    }
  }

  /// Doubles every number, exactly but for those that are too large.
  package func double() {
    switch content {
    case .packed(let matrix) where matrix.format.block != nil: content = .packed(matrix.doubled())
    default:
      let doubled = Tensor(tensor.floats().map { 2 * $0 }, shape: shape)
      let dtype = if case .plain(let tensor) = content { tensor.dtype } else { DType.float32 }
      tensor = doubled.converted(to: dtype)
    }
  }

  package var shape: Shape {
    switch content {
    case .plain(let tensor): tensor.shape
    case .packed(let matrix): matrix.shape
    }
  }

  /// How the numbers are held.
  package var precision: WeightPrecision {
    switch content {
    case .plain(let tensor): WeightPrecision(tensor.dtype)
    case .packed(let matrix): WeightPrecision(matrix.format)
    }
  }

  /// Bits that a number takes, scales included.
  var storedBits: Double {
    switch content {
    case .plain(let tensor): Double(tensor.dtype.size * 8)
    case .packed(let matrix): matrix.format.bits
    }
  }

  /// Whether the numbers are packed, which cannot learn.
  package var isPacked: Bool {
    switch content {
    case .plain: false
    case .packed: true
    }
  }

  /// How many numbers there are.
  package var count: Int { shape.elements }

  /// Bytes that the value takes in memory.
  package var byteCount: Int {
    switch content {
    case .plain(let tensor): tensor.bytes.count
    case .packed(let matrix): matrix.byteCount
    }
  }
}

/// The sums of parameter gradients of one or several backward passes.
///
/// One store belongs to one tape at a time.
package final class GradientStore {
  struct Entry {
    let tensor: Tensor
    /// False until the first gradient of a sum is written, which then overwrites what the memory held.
    var isSet: Bool
  }

  private var entries: [ObjectIdentifier: Entry] = [:]

  package init() {}

  /// Starts new sums; keeps the memory.
  package func reset() {
    for key in entries.keys { entries[key]?.isSet = false }
  }

  /// The gradient of a parameter; nil if it took no part in the losses.
  /// - Shape: the parameter's
  package func gradient(of parameter: Parameter) -> Tensor? {
    entries[ObjectIdentifier(parameter)].flatMap { $0.isSet ? $0.tensor : nil }
  }

  /// The memory for a parameter's gradient and whether it already holds part of the sum; from now on it does.
  func accumulator(for parameter: Parameter) -> Entry {
    let key = ObjectIdentifier(parameter)
    let entry = entries[key] ?? Entry(tensor: Tensor(uninitialized: parameter.shape), isSet: false)
    entries[key] = Entry(tensor: entry.tensor, isSet: true)
    return entry
  }
}
