import Comparing
import Foundation
import Testing

@testable import Tensors

/// Products that end in a bias, an activation, factors or a sum do what these do one after the other.
@Suite struct FusedEndingTests {
  enum Weights: CaseIterable { case float32, bfloat16, int8, int4 }

  private let inputs = 160
  private let outputs = 70

  private func numbers(_ count: Int, seed: Int) -> [Float] {
    var generator = SeededGenerator(state: UInt64(seed))
    return (0..<count).map { _ in Float.random(in: -1...1, using: &generator) }
  }

  private func parameter(_ weights: Weights, seed: Int, _ backend: Backend) -> Parameter {
    let tensor = Tensor(numbers(inputs * outputs, seed: seed), shape: [outputs, inputs])
    return switch weights {
    case .float32: Parameter(name: "w", tensor: tensor)
    case .bfloat16: Parameter(name: "w", tensor: tensor.converted(to: .bfloat16))
    case .int8: Parameter(name: "w", packed: PackedMatrix(tensor, format: .int8, backend: backend))
    case .int4: Parameter(name: "w", packed: PackedMatrix(tensor, format: .int4, backend: backend))
    }
  }

  @Test(arguments: Weights.allCases, [1, 3, 7, 16, 17, 65]) func everyEndingIsWhatItsPartsAre(
    _ weights: Weights, rows: Int
  ) {
    let (bias, columns) = (numbers(outputs, seed: 3), numbers(outputs, seed: 4))
    let (residual, factors) = (numbers(rows * outputs, seed: 5), numbers(rows, seed: 6))
    for backend in OperationTests.backends {
      let tape = Tape(backend: backend)
      let x = Value(constant: Tensor(numbers(rows * inputs, seed: 1), shape: [rows, inputs]))
      let weight = parameter(weights, seed: 2, backend)
      let biased = Tape.Map(weight, bias: Parameter(name: "b", tensor: Tensor(bias, shape: [outputs])))
      let before = Value(constant: Tensor(residual, shape: [rows, outputs]))
      let plain = tape.linear(x, Tape.Map(weight)).tensor.floats().map(Double.init)
      func wanted(_ end: (Double, _ row: Int, _ column: Int, _ residual: Double) -> Double) -> [Double] {
        plain.indices.map { place in
          let (row, column) = (place / outputs, place % outputs)
          return end(plain[place] + Double(bias[column]), row, column, Double(residual[place]))
        }
      }
      func expect(_ value: Value, _ wanted: [Double], _ what: String) {
        let scale = wanted.reduce(1) { max($0, abs($1)) }
        #expect(worstDifference(value.tensor.floats(), wanted) <= 4e-6 * scale, "\(what), \(backend.summary)")
      }
      expect(tape.linear(x, biased), wanted { number, _, _, _ in number }, "bias")
      expect(tape.linear(x, biased, addedTo: before), wanted { $0 + $3 }, "residual")
      expect(
        tape.linear(
          x, biased, factors: Value(constant: Tensor(factors, shape: [rows])), addedTo: before),
        wanted { $0 * Double(factors[$1]) + $3 }, "factors of rows")
      expect(
        tape.linear(
          x, biased, scaledBy: Parameter(name: "f", tensor: Tensor(columns, shape: [outputs])),
          addedTo: before),
        wanted { $0 * Double(columns[$2]) + $3 }, "factors of outputs")
      expect(
        tape.linear(x, biased, activation: .quickGelu),
        wanted { number, _, _, _ in number / (1 + exp(-1.702 * number)) }, "activation")
      let up = tape.linear(x, Tape.Map(parameter(weights, seed: 7, backend)))
      let gated = tape.gatedLinear(
        x, gate: Tape.Map(weight), up: Tape.Map(parameter(weights, seed: 7, backend)))
      let product = zip(plain, up.tensor.floats()).map { $0 / (1 + exp(-$0)) * Double($1) }
      expect(gated, product, "gate")
      let both = tape.linear(x, [biased, Tape.Map(weight)])
      #expect(both[0].tensor.floats() == tape.linear(x, biased).tensor.floats(), "\(backend.summary)")
      #expect(
        both[1].tensor.floats() == tape.linear(x, Tape.Map(weight)).tensor.floats(), "\(backend.summary)")
    }
  }
}
