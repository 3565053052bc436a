/// What is added to a matrix as the product of two small ones, to learn these instead of it (LoRA, arXiv 2106.09685):
/// weight + scale · up · down.
package final class LowRankChange: Sendable {
  /// - Shape: `[rank, inputs]`
  package let down: Parameter
  /// - Shape: `[outputs, rank]`
  package let up: Parameter
  package let scale: Float

  package init(down: Parameter, up: Parameter, scale: Float) {
    self.down = down
    self.up = up
    self.scale = scale
  }
}

extension Parameter {
  /// Makes the low-rank change, if there is one, part of the matrix itself.
  package func mergeLowRankChange() {
    guard let change = lowRankChange else { return }
    let (weight, down, up) = (tensor.floats(), change.down.tensor.floats(), change.up.tensor.floats())
    let (inputs, rank) = (change.down.shape[1], change.down.shape[0])
    var merged = weight
    for row in merged.indices {
      let (output, input) = (row / inputs, row % inputs)
      let sum = (0..<rank).reduce(Float(0)) { $0 + up[output * rank + $1] * down[$1 * inputs + input] }
      merged[row] += change.scale * sum
    }
    lowRankChange = nil
    tensor = Tensor(merged, shape: shape).converted(to: tensor.dtype)
  }
}
