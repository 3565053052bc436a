import Foundation
import StrictJSON
import Tensors
import Testing

@testable import Training

@Suite struct OptimizerTests {
  /// Gradients of a step in a store.
  private func store(_ gradients: [(Parameter, [Float])]) -> GradientStore {
    let store = GradientStore()
    for (parameter, values) in gradients {
      // The slopes of the sum of products with some numbers are these numbers.
      let tape = Tape(recordingInto: store, backend: Backend(), pool: MemoryPool())
      let row = tape.reshaped(tape.value(of: parameter), [1, values.count])
      tape.backward(from: tape.linear(Value(constant: Tensor(values, shape: [1, values.count])), row))
    }
    return store
  }

  @Test func threeStepsByHand() throws {
    let settings = try AdamW.Settings(
      JSONObject([
        ("beta1", 0.8), ("beta2", 0.9), ("epsilon", 0.001), ("weight_decay", 0.5), ("gradient_clip", 1),
      ]))
    let matrix = Parameter(name: "matrix", tensor: Tensor([1, -2], shape: [1, 2]))
    let vector = Parameter(name: "vector", tensor: Tensor([0.5], shape: [1]))
    let optimizer = AdamW([matrix, vector], settings, threads: 2)
    // The first step's gradient has norm 13 and is clipped to 1; the others are taken as they are.
    let steps: [[Float]] = [[3, -4, 12], [0.5, 0.25, -0.5], [0, 0.5, 0.25]]

    var weights = [1.0, -2.0, 0.5]
    var means = [0.0, 0.0, 0.0]
    var variances = [0.0, 0.0, 0.0]
    for (index, gradient) in steps.enumerated() {
      // Two stores, as of two pieces of a step: their gradients add up.
      let stores = [0.25, 0.75].map { share in
        store([
          (matrix, gradient[..<2].map { $0 * share }), (vector, gradient[2...].map { $0 * share }),
        ])
      }
      let norm = optimizer.step(stores, rate: 0.1, step: index)
      let expectedNorm = gradient.reduce(0.0) { $0 + Double($1 * $1) }.squareRoot()
      #expect(abs(norm - expectedNorm) < 1e-6)
      let clip = expectedNorm > 1 ? 1 / expectedNorm : 1
      for place in 0..<3 {
        let slope = Double(gradient[place]) * clip
        means[place] = 0.8 * means[place] + 0.2 * slope
        variances[place] = 0.9 * variances[place] + 0.1 * slope * slope
        let mean = means[place] / (1 - pow(0.8, Double(index + 1)))
        let deviation = (variances[place] / (1 - pow(0.9, Double(index + 1)))).squareRoot()
        // Norms and biases do not decay.
        let decay = place < 2 ? 0.5 * weights[place] : 0
        weights[place] -= 0.1 * (mean / (deviation + 0.001) + decay)
      }
      let values = matrix.tensor.floats() + vector.tensor.floats()
      if index == 0 {
        // Worked out on paper, so that the loop above cannot be wrong in the same way.
        for (value, byHand) in zip(values, [0.850431, -1.800324, 0.400108] as [Float]) {
          #expect(abs(value - byHand) < 2e-6)
        }
      }
      for place in 0..<3 {
        #expect(abs(Double(values[place]) - weights[place]) < 1e-6, "step \(index), place \(place)")
      }
    }
  }

  @Test func gradientsThatAreNotFiniteChangeNothing() throws {
    let parameter = Parameter(name: "p", tensor: Tensor([1, 2], shape: [2]))
    let optimizer = try AdamW([parameter], AdamW.Settings(JSONObject()), threads: 1)
    let norm = optimizer.step([store([(parameter, [.nan, 1])])], rate: 0.1, step: 0)
    #expect(!norm.isFinite)
    #expect(parameter.tensor.floats() == [1, 2])
    #expect(optimizer.moments[0].mean.floats() == [0, 0])
  }

  @Test func ratesRiseAndFallAsAskedFor() throws {
    let slow = JSONObject([("warmup_steps", 10), ("learning_rate", 0.2), ("final_rate_share", 0.1)])
    let rate = try LearningRate(slow, steps: 110)
    func near(_ step: Int, _ expected: Double) -> Bool { abs(rate.at(step: step) - expected) < 1e-12 }
    #expect(near(0, 0.02) && near(4, 0.1) && near(9, 0.2))
    #expect(near(10, 0.2) && near(60, 0.2 * 0.55) && near(110, 0.02))
    #expect((10..<110).allSatisfy { rate.at(step: $0) > rate.at(step: $0 + 1) })
    let plain = try LearningRate(JSONObject([("learning_rate", 0.2)]), steps: 4)
    #expect(plain.at(step: 0) == 0.2 && plain.at(step: 4) < 1e-12)
  }
}
