internal import CKernels
internal import Foundation

/// Cosines and sines of the rotary position embedding (Su et al. 2021) for positions `0..<positions`.
public struct RotaryTable: Sendable {
  /// Numbers that are rotated in each head; half of them pair with the other half.
  public let headWidth: Int
  public let positions: Int
  let cosines: Tensor
  let sines: Tensor

  /// Angles position · theta^(−2i / headWidth), as float32 frequencies times float32 positions, like the originals.
  public init(headWidth: Int, theta: Double, positions: Int) {
    let half = headWidth / 2
    self.headWidth = headWidth
    self.positions = positions
    cosines = Tensor(uninitialized: [max(1, positions), half])
    sines = Tensor(uninitialized: [max(1, positions), half])
    let frequencies = (0..<half).map { Float(1 / pow(theta, Double(2 * $0) / Double(headWidth))) }
    for position in 0..<positions {
      for (index, frequency) in frequencies.enumerated() {
        let angle = Double(Float(position) * frequency)
        cosines.floatPointer[position * half + index] = Float(cos(angle))
        sines.floatPointer[position * half + index] = Float(sin(angle))
      }
    }
  }
}

extension Tape {
  /// Rotates the heads of each row by the angles of its position (half-split layout: i pairs with i + headWidth/2).
  /// - Shape: x `[rows, heads · headWidth]`; positions, one per row, below `table.positions`
  public func rotary(_ x: Value, positions: [Int32], table: RotaryTable) -> Value {
    let half = table.headWidth / 2
    let heads = x.width / table.headWidth
    precondition(positions.count == x.rows && positions.allSatisfy { $0 >= 0 && $0 < table.positions })
    let functions = backend.kernels.functions
    let result = make(x.tensor.shape)
    func rotate(_ source: Tensor, _ target: Tensor, _ direction: Float) {
      functions.rotate(
        source.floatPointer, target.floatPointer, positions, table.cosines.floatPointer,
        table.sines.floatPointer,
        direction, Int64(source.rows), Int64(heads), Int64(half))
    }
    rotate(x.tensor, result, 1)
    return record(result, tracked: isTracked(x)) { [unowned self] gradient in
      let slope = make(x.tensor.shape)
      rotate(gradient, slope, -1)
      accumulate(slope, into: x)
    }
  }
}
