internal import CKernels
internal import Foundation

/// Cosines and sines of the rotary position embedding (Su et al. 2021) for positions `0..<positions`.
public struct RotaryTable: Sendable {
  /// Numbers that are rotated in each head; half of them pair with the other half.
  public let headWidth: Int
  public let positions: Int
  let cosines: Tensor
  let sines: Tensor

  /// theta^(−2i / headWidth) for i in `0..<headWidth / 2`.
  public static func frequencies(headWidth: Int, theta: Double) -> [Float] {
    (0..<headWidth / 2).map { Float(1 / pow(theta, Double(2 * $0) / Double(headWidth))) }
  }

  /// Angles position · frequency, as float32 frequencies times float32 positions, like the originals.
  /// - Parameter frequencies: One per pair of numbers of a head.
  public init(frequencies: [Float], positions: Int) {
    let half = frequencies.count
    headWidth = 2 * half
    self.positions = positions
    cosines = Tensor(uninitialized: [max(1, positions), half])
    sines = Tensor(uninitialized: [max(1, positions), half])
    for position in 0..<positions {
      for (index, frequency) in frequencies.enumerated() {
        let angle = Double(Float(position) * frequency)
        cosines.floatPointer[position * half + index] = Float(cos(angle))
        sines.floatPointer[position * half + index] = Float(sin(angle))
      }
    }
  }

  private init(headWidth: Int, positions: Int, cosines: Tensor, sines: Tensor) {
    (self.headWidth, self.positions, self.cosines, self.sines) = (headWidth, positions, cosines, sines)
  }

  /// A table whose position i is the i-th of `places`, each with a position per axis: the first of `sections` says how
  /// many pairs of a head turn by the first axis, and so on (Qwen2-VL's multimodal rotary embedding).
  public func composed(of places: [SIMD3<Int32>], sections: [Int]) -> RotaryTable {
    let half = headWidth / 2
    let axes = sections.enumerated().flatMap { [Int](repeating: $0.offset % 3, count: $0.element) }
    precondition(axes.count == half, "the sections \(sections) do not fill \(half) pairs")
    let result = RotaryTable(
      headWidth: headWidth, positions: places.count,
      cosines: Tensor(uninitialized: [max(1, places.count), half]),
      sines: Tensor(uninitialized: [max(1, places.count), half]))
    for (row, place) in places.enumerated() {
      for (pair, axis) in axes.enumerated() {
        precondition((0..<positions).contains(Int(place[axis])), "position \(place) of \(positions)")
        let source = Int(place[axis]) * half + pair
        result.cosines.floatPointer[row * half + pair] = cosines.floatPointer[source]
        result.sines.floatPointer[row * half + pair] = sines.floatPointer[source]
      }
    }
    return result
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
