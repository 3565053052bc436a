import Checkpoints
import Comparing
import ModelTesting
import Tensors
import Testing

@testable import MixtureOfDepths

@Suite struct SingularValuesTests {
  @Test func ranksOfKnownMatrices() {
    func rank(_ rows: Int, _ columns: Int, _ value: (Int, Int) -> Float) -> Int {
      SingularValues(
        of: Tensor(
          (0..<rows * columns).map { value($0 / columns, $0 % columns) }, shape: [rows, columns])
      ).rank
    }
    #expect(rank(7, 7) { $0 == $1 ? 1 : 0 } == 7)
    #expect(rank(7, 7) { _, _ in 0 } == 0)
    #expect(rank(9, 4) { Float($0 + 1) * Float($1 - 2) } == 1)
    #expect(rank(4, 9) { Float($0) + Float($1) } == 2)
    // Singular values 1 and 1e-7, below and above 2 · ε · largest.
    #expect(rank(2, 2) { $0 == $1 ? ($0 == 0 ? 1 : 1e-7) : 0 } == 1)
    #expect(rank(2, 2) { $0 == $1 ? ($0 == 0 ? 1 : 1e-6) : 0 } == 2)
  }

  @Test func singularValuesAreTheReferences() throws {
    let reference = try ReferenceCase("gamma-llava-1.5")
    for layer in 0..<6 {
      let maps = try reference.outputs.tensor("attn.\(layer)")
      let expected = try reference.outputs.tensor("sv.plain.layer\(layer)")
      for head in 0..<maps.rows {
        let map = maps.rows(head..<head + 1).reshaped(Array(maps.shape.dropFirst()))
        let difference = worstDifference(
          SingularValues(of: map).values, expected.rows(head..<head + 1).floats())
        #expect(difference <= 1e-5, "layer \(layer), head \(head): \(difference)")
      }
    }
  }
}
