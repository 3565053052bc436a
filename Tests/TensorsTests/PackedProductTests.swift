import Comparing
import Foundation
import Testing

@testable import Tensors

@Suite struct PackedProductTests {
  struct Size: Sendable {
    let rows, outputs, inputs: Int
  }

  static let sizes = [
    Size(rows: 1, outputs: 16, inputs: 32), Size(rows: 3, outputs: 64, inputs: 129),
    Size(rows: 7, outputs: 65, inputs: 192), Size(rows: 16, outputs: 127, inputs: 63),
    Size(rows: 17, outputs: 130, inputs: 320), Size(rows: 100, outputs: 70, inputs: 516),
  ]

  private func numbers(_ count: Int, _ generator: inout SeededGenerator) -> [Float] {
    (0..<count).map { _ in Float.random(in: -1...1, using: &generator) }
  }

  /// Every number of every product is that of integers; to the bit where multiplication and addition are fused.
  private func expectIntegerProducts(
    _ x: [Float], _ matrix: PackedMatrix, _ backend: Backend, _ what: String = ""
  ) {
    let result = Tape(backend: backend).linear(
      Value(constant: Tensor(x, shape: [x.count / matrix.inputs, matrix.inputs])),
      Parameter(name: "w", packed: matrix)
    ).tensor.floats()
    let expected = IntegerProduct(x, width: matrix.inputs, matrix).products
    if Self.fuses(backend) {
      #expect(result == expected, "\(what) \(backend.summary)")
    } else {
      #expect(worstRelativeDifference(result, expected) <= 2e-6, "\(what) \(backend.summary)")
    }
  }

  private static func fuses(_ backend: Backend) -> Bool { !backend.summary.contains("portable") }

  @Test(arguments: PackedMatrix.Format.made, sizes)
  func everyKernelMultipliesByWhatIsPacked(_ format: PackedMatrix.Format, _ size: Size) {
    var generator = SeededGenerator(state: UInt64(size.rows * size.inputs))
    let x = numbers(size.rows * size.inputs, &generator)
    let weights = numbers(size.outputs * size.inputs, &generator)
    for backend in OperationTests.backends {
      let matrix = PackedMatrix(
        Tensor(weights, shape: [size.outputs, size.inputs]), format: format, backend: backend)
      // Half a step of a group's numbers, of 4 bits at most a whole one of 7.1 to 8.9, which bfloat16 scales make a
      // little coarser.
      let step: Float = format == .int8 ? 1 / 254 : 1 / 7
      #expect(
        worstDifference(matrix.unpacked().floats(), weights) <= 1.02 * step, "\(backend.summary)")
      expectIntegerProducts(x, matrix, backend, "\(format) \(size)")
    }
  }

  /// x · weightsᵀ
  private func products(_ x: [Float], _ weights: [Float], _ size: Size) -> [Double] {
    var result = [Double](repeating: 0, count: size.rows * size.outputs)
    for row in 0..<size.rows {
      for output in 0..<size.outputs {
        result[row * size.outputs + output] = (0..<size.inputs).reduce(0) {
          $0 + Double(x[row * size.inputs + $1]) * Double(weights[output * size.inputs + $1])
        }
      }
    }
    return result
  }

  static let largeSizes = [
    Size(rows: 65, outputs: 300, inputs: 1100), Size(rows: 200, outputs: 66, inputs: 2081),
  ]

  @Test(arguments: sizes + largeSizes) func everyKernelMultipliesByBFloat16(_ size: Size) {
    var generator = SeededGenerator(state: UInt64(size.rows + size.inputs))
    func matrix(_ rows: Int) -> Tensor {
      Tensor(numbers(rows * size.inputs, &generator), shape: [rows, size.inputs])
        .converted(to: .bfloat16)
    }
    let (x, gate, up) = (matrix(size.rows), matrix(size.outputs), matrix(size.outputs))
    let rows = Value(constant: Tensor(x.floats(), shape: x.shape))
    let expected = products(x.floats(), gate.floats(), size)
    let expectedUp = products(x.floats(), up.floats(), size)
    for backend in OperationTests.backends {
      let tape = Tape(backend: backend)
      let map = Tape.Map(Parameter(name: "gate", tensor: gate))
      let result = tape.linear(rows, map).tensor.floats()
      let scale = expected.reduce(1) { max($0, abs($1)) }
      #expect(worstDifference(result, expected) <= 5e-6 * scale, "\(size), \(backend.summary)")
      let gated = tape.gatedLinear(rows, gate: map, up: Tape.Map(Parameter(name: "up", tensor: up))).tensor
      let meant = zip(expected, expectedUp).map { $0 / (1 + exp(-$0)) * $1 }
      let largest = meant.reduce(1) { max($0, abs($1)) }
      #expect(worstDifference(gated.floats(), meant) <= 1e-5 * largest, "\(size), \(backend.summary)")
    }
  }

  @Test(arguments: PackedMatrix.Format.made) func aRowDoesNotDependOnItsBatch(
    _ format: PackedMatrix.Format
  ) {
    var generator = SeededGenerator(state: 9)
    let (rows, outputs, inputs) = (format == .int8 ? 83 : 14, 96, 448)
    let x = Tensor(numbers(rows * inputs, &generator), shape: [rows, inputs])
    let weight = Tensor(numbers(outputs * inputs, &generator), shape: [outputs, inputs])
    for backend in OperationTests.backends {
      let parameter = Parameter(
        name: "w", packed: PackedMatrix(weight, format: format, backend: backend))
      let tape = Tape(backend: backend)
      let all = tape.linear(Value(constant: x), parameter).tensor
      for row in 0..<rows {
        let alone = tape.linear(Value(constant: x.rows(row..<row + 1)), parameter).tensor
        #expect(alone.floats() == all.rows(row..<row + 1).floats(), "row \(row), \(backend.summary)")
      }
    }
  }

  /// Sums of pairs of products may only just fit into 16 bits.
  @Test(arguments: PackedMatrix.Format.made, [1, 2, 3, 6, 20]) func theLargestNumbersDoNotOverflow(
    _ format: PackedMatrix.Format, _ rows: Int
  ) {
    let size = Size(rows: rows, outputs: 64, inputs: 256)
    // All of the largest magnitude, rows and weights of equal signs in some places and of opposite ones in others.
    let x = (0..<rows * size.inputs).map { Float(($0 % size.inputs) % 3 == 0 ? -2 : 2) }
    let weights = (0..<size.outputs * size.inputs).map { place -> Float in
      let (output, input) = (place / size.inputs, place % size.inputs)
      return (input % 3 == 0) == (output % 2 == 0) ? -1 : 1
    }
    for backend in OperationTests.backends {
      let matrix = PackedMatrix(
        Tensor(weights, shape: [size.outputs, size.inputs]), format: format, backend: backend)
      expectIntegerProducts(x, matrix, backend, "\(format)")
    }
  }
}
