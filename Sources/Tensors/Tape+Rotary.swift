internal import CKernels
internal import Foundation
internal import Synchronization

/// Cosines and sines of the rotary position embedding (Su et al. 2021) for positions `0..<positions`, computed up to the
/// last one that was asked for.
package final class RotaryTable: Sendable {
  struct Angles {
    let cosines: Tensor
    let sines: Tensor
  }

  /// Numbers that are rotated in each head; half of them pair with the other half.
  package let headWidth: Int
  package let positions: Int
  private let frequencies: [Float]
  private let factor: Float
  private let known: Mutex<Angles>

  /// theta^(−2i / headWidth) for i in `0..<headWidth / 2`.
  package static func frequencies(headWidth: Int, theta: Double) -> [Float] {
    (0..<headWidth / 2).map { Float(1 / pow(theta, Double(2 * $0) / Double(headWidth))) }
  }

  /// Angles position · frequency, as float32 frequencies times float32 positions, like the originals.
  /// - Parameters:
  ///   - frequencies: One per pair of numbers of a head.
  ///   - factor: Of all cosines and sines.
  package init(frequencies: [Float], positions: Int, factor: Float = 1) {
    headWidth = 2 * frequencies.count
    self.positions = positions
    self.frequencies = frequencies
    self.factor = factor
    let none = Tensor(uninitialized: [0, frequencies.count])
    known = Mutex(Angles(cosines: none, sines: none))
  }

  private init(headWidth: Int, angles: Angles) {
    (self.headWidth, positions, frequencies, factor) = (headWidth, angles.cosines.rows, [], 1)
    known = Mutex(angles)
  }

  /// The angles of at least the positions up to `last`.
  func angles(through last: Int) -> Angles {
    precondition(last < positions, "position \(last) of \(positions)")
    return known.withLock { angles in
      if last >= angles.cosines.rows { angles = computed(min(positions, max(256, 2 * (last + 1)))) }
      return angles
    }
  }

  private func computed(_ count: Int) -> Angles {
    let half = frequencies.count
    let (cosines, sines) = (Tensor(uninitialized: [count, half]), Tensor(uninitialized: [count, half]))
    for position in 0..<count {
      for (index, frequency) in frequencies.enumerated() {
        let angle = Double(Float(position) * frequency)
        cosines.floatPointer[position * half + index] = Float(cos(angle)) * factor
        sines.floatPointer[position * half + index] = Float(sin(angle)) * factor
      }
    }
    return Angles(cosines: cosines, sines: sines)
  }

  /// The axis of each pair of a head, where the first of `sections` says how many turn by the first axis, and so on.
  package static func axes(sections: [Int]) -> [Int] {
    sections.enumerated().flatMap { [Int](repeating: $0.offset % 3, count: $0.element) }
  }

  /// A table whose position i is the i-th of `places`, each with a position per axis (Qwen2-VL's multimodal rotary
  /// embedding).
  /// - Parameter axes: For each pair of a head the axis by which it turns.
  package func composed(of places: [SIMD3<Int32>], axes: [Int]) -> RotaryTable {
    let half = headWidth / 2
    precondition(axes.count == half, "\(axes.count) axes for \(half) pairs")
    let shape = [places.count, half]
    let result = Angles(cosines: Tensor(uninitialized: shape), sines: Tensor(uninitialized: shape))
    let table = angles(through: places.reduce(0) { max($0, Int($1.max())) })
    for (row, place) in places.enumerated() {
      for (pair, axis) in axes.enumerated() {
        precondition(place[axis] >= 0, "position \(place)")
        let source = Int(place[axis]) * half + pair
        result.cosines.floatPointer[row * half + pair] = table.cosines.floatPointer[source]
        result.sines.floatPointer[row * half + pair] = table.sines.floatPointer[source]
      }
    }
    return RotaryTable(headWidth: headWidth, angles: result)
  }
}

extension Tape {
  /// Rotates the heads of each row by the angles of its position (half-split layout: i pairs with i + headWidth/2).
  /// - Shape: x `[rows, heads · headWidth]`; positions, one per row, below `table.positions`
  package func rotary(_ x: Value, positions: [Int32], table: RotaryTable) -> Value {
    let heads = x.width / table.headWidth
    precondition(positions.count == x.rows && positions.allSatisfy { $0 >= 0 })
    let angles = table.angles(through: positions.reduce(0) { max($0, Int($1)) })
    let result = make(x.tensor.shape)
    rotate(x.tensor, into: result, positions, angles, heads: heads, direction: 1)
    guard isTracked(x) else { return Value(constant: result) }
    return record(result) { [unowned self] gradient in
      let slope = make(x.tensor.shape)
      rotate(gradient, into: slope, positions, angles, heads: heads, direction: -1)
      accumulate(slope, into: x)
    }
  }

  private func rotate(
    _ source: Tensor, into target: Tensor, _ positions: [Int32], _ angles: RotaryTable.Angles, heads: Int,
    direction: Float
  ) {
    backend.kernels.functions.rotate(
      source.floatPointer, target.floatPointer, positions, angles.cosines.floatPointer,
      angles.sines.floatPointer, direction, Int64(source.rows), Int64(heads), Int64(angles.cosines.width))
  }
}
