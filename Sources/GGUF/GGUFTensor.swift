internal import Checkpoints
internal import Tensors

/// How one tensor of a family is made of what a file stores.
struct GGUFTensor: Sendable, Equatable {
  /// Where the numbers come from.
  enum Source: Sendable, Equatable {
    /// Stored tensors, whose rows stand one behind the other.
    case rows([String])
    /// Stored convolutions of one frame each, which are one of several frames.
    case frames([String])
    /// A stored tensor behind so many axes of length 1.
    case lifted(String, axes: Int)
    /// A tensor that the file leaves out because nothing reads it.
    case constant(Float, shape: [Int])
  }

  /// The order of a matrix's rows, or of a vector's numbers.
  enum Order: Sendable, Equatable {
    case stored
    /// Of each head's pairs that a rotation turns, both stand side by side; families have them half a head apart.
    case pairs(heads: Int)

    /// The stored place of the row that a family has at `row` of `count`.
    func place(of row: Int, count: Int) -> Int {
      guard case .pairs(let heads) = self else { return row }
      let width = count / heads
      let (head, inside) = (row / width, row % width)
      return head * width + inside % (width / 2) * 2 + inside / (width / 2)
    }
  }

  var source: Source
  var order = Order.stored
  /// What is added to every stored number.
  var shift: Float = 0

  init(_ source: Source, order: Order = .stored, shift: Float = 0) {
    self.source = source
    self.order = order
    self.shift = shift
  }

  init(_ name: String, order: Order = .stored, shift: Float = 0) {
    self.init(.rows([name]), order: order, shift: shift)
  }

  /// Whether its rows are stored ones, which may stay in the blocks of their file; others are made of numbers.
  var isStoredRows: Bool {
    guard case .rows = source else { return false }
    return shift == 0
  }

  /// The names of what is stored.
  var parts: [String] {
    switch source {
    case .rows(let names), .frames(let names): names
    case .lifted(let name, _): [name]
    case .constant: []
    }
  }
}
