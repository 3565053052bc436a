import Comparing
import Foundation
import Testing

@testable import Tensors

@Suite struct OperationTests {
  static let backends: [Backend] =
    Backend.kernelVariants.flatMap { kernels in
      Backend.MatrixLibrary.allCases.map { Backend(kernels: kernels, matrixLibrary: $0) }
    } + [Backend(threads: 2)]

  @Test(arguments: OperationCase.all) func answersAndGradientsMatchTheReference(_ operation: OperationCase) {
    var generator = SeededGenerator(
      state: UInt64(operation.description.utf8.reduce(7) { ($0 &* 31) &+ UInt64($1) }))
    let inputs = operation.inputs.map { shape in
      (0..<shape.reduce(1, *)).map { _ in Float.random(in: -1...1, using: &generator) }
    }
    let wide = inputs.map { $0.map(Double.init) }
    let expected = operation.reference(wide)
    let weights = expected.map { _ in Float.random(in: -1...1, using: &generator) }

    for backend in Self.backends {
      let pool = MemoryPool()
      let tape = Tape(recordingInto: GradientStore(), backend: backend, pool: pool)
      let values = zip(inputs, operation.inputs).map { tape.input(Tensor($0, shape: $1)) }
      let result = operation.apply(tape, values)
      expect(result.tensor.floats(), near: expected, operation, backend, "value")
      let computing = Tape(backend: backend, pool: pool)
      let again = operation.apply(computing, values.map { Value(constant: $0.tensor) })
      #expect(again.tensor.floats() == result.tensor.floats(), "\(operation) depends on recording")

      let total = tape.record(Tensor([0], shape: [1])) { _ in
        tape.accumulate(Tensor(weights, shape: result.tensor.shape), into: result)
      }
      tape.backward(from: total)
      for (index, value) in values.enumerated() {
        let gradient = tape.gradient(of: value)?.floats() ?? inputs[index].map { _ in 0 }
        let (places, slopes) = centralDifferences(
          operation, wide, weights, input: index, generator: &generator)
        expect(places.map { gradient[$0] }, near: slopes, operation, backend, "gradient \(index)")
      }
    }
  }

  /// Slopes of Σ weights · result along some elements of one input.
  private func centralDifferences(
    _ operation: OperationCase, _ inputs: [[Double]], _ weights: [Float], input: Int,
    generator: inout SeededGenerator
  ) -> (places: [Int], slopes: [Double]) {
    let places = (0..<min(4, inputs[input].count)).map { _ in
      Int.random(in: 0..<inputs[input].count, using: &generator)
    }
    let slopes = places.map { place in
      func total(_ change: Double) -> Double {
        var changed = inputs
        changed[input][place] += change
        return zip(operation.reference(changed), weights).reduce(0) { $0 + $1.0 * Double($1.1) }
      }
      return (total(1e-4) - total(-1e-4)) / 2e-4
    }
    return (places, slopes)
  }

  private func expect(
    _ values: [Float], near expected: [Double], _ operation: OperationCase, _ backend: Backend, _ what: String
  ) {
    let scale = expected.reduce(1) { max($0, abs($1)) }
    let worst = worstDifference(values, expected)
    #expect(
      worst <= operation.tolerance * scale, "\(operation): \(what) off by \(worst) with \(backend.summary)")
  }
}

/// Repeatable random numbers (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
