import Checkpoints
import Foundation
import Images
import MixtureOfDepths
import Models
import RunTesting
import StrictJSON
import Testing

@testable import Tensors
@testable import Training

@Suite struct TenStepsTests {
  private let reference: TenSteps

  init() throws { reference = try TenSteps() }

  @Test func ratesAreTransformers() {
    for (index, step) in reference.steps.enumerated() {
      #expect(abs(reference.rate.at(step: index) - step.rate) < 1e-15, "step \(index)")
    }
  }

  /// AdamW, clipping and the rates together, on a matrix, which decays, and a vector, which does not.
  @Test func optimizerStepsArePyTorchs() throws {
    let json = reference.optimizer
    func lists(_ json: JSONObject, _ key: String) throws -> [[Float]] {
      try json.array(key).map { try #require($0.array).map { Float(try #require($0.double)) } }
    }
    let shapes = try lists(json, "shapes").map { $0.map { Int($0) } }
    let parameters = try zip(shapes, lists(json, "start")).enumerated().map { index, start in
      Parameter(name: "\(index)", tensor: Tensor(start.1, shape: start.0))
    }
    let optimizer = AdamW(parameters, reference.settings, threads: 2)
    for (index, step) in try json.objects("steps").enumerated() {
      let store = GradientStore()
      for (parameter, gradient) in zip(parameters, try lists(step, "gradients")) {
        let sum = store.accumulator(for: parameter).tensor
        for (place, value) in gradient.enumerated() { sum.floatPointer[place] = value }
      }
      let norm = optimizer.step([store], rate: reference.rate.at(step: index), step: index)
      #expect(abs(norm - (try step.double("gradient_norm"))) < 1e-6 * norm, "step \(index)")
      for (parameter, weights) in zip(parameters, try lists(step, "weights")) {
        for (value, expected) in zip(parameter.tensor.floats(), weights) {
          #expect(abs(value - expected) < 1e-6, "step \(index), \(parameter.name)")
        }
      }
    }
  }

  /// Tower, projector, routed decoder and router learn together, from pixels to the last step's weights.
  @Test func lossesGradientsAndWeightsAreTheOriginals() throws {
    let folder = TinyRun.repository.appending(path: "Tests/Fixtures/models/gamma-llava-hr-train-unpadded")
    let model = try GammaModel.load(folder)
    let optimizer = AdamW(model.parameters, reference.settings, threads: 2)
    let pool = MemoryPool()
    for (index, expected) in reference.steps.enumerated() {
      let gradients = GradientStore()
      let tape = Tape(recordingInto: gradients, backend: Backend(), pool: pool)
      let batch = try OriginalBatch(index, of: reference)
      let losses = batch.losses(model, tape)
      tape.backward(from: losses.total)
      #expect(isNear(losses.nextToken, expected.nextToken, 2e-4), "step \(index): \(losses.nextToken)")
      #expect(losses.auxiliary.count == expected.auxiliary.count)
      for (loss, recorded) in zip(losses.auxiliary, expected.auxiliary) {
        #expect(isNear(loss, recorded, 1e-4), "step \(index): \(loss), \(recorded)")
      }
      #expect(isNear(Double(losses.total.tensor.scalar), expected.total, 2e-4), "step \(index)")
      let norm = optimizer.step([gradients], rate: expected.rate, step: index)
      #expect(isNear(norm, expected.gradientNorm, 1e-3 * expected.gradientNorm), "step \(index): \(norm)")
    }
    try expectRecordedWeights(model)
  }

  private func expectRecordedWeights(_ model: VisionLanguageModel) throws {
    let stored = Dictionary(model.storedTensors.map { ($0.name, $0.parameter) }) { first, _ in first }
    for name in reference.weights.names {
      let parameter = try #require(stored[name], "\(name) is no weight")
      let expected = try reference.weights.floats(name)
      let values = parameter.tensor.floats()
      try #require(values.count == expected.count, "\(name)")
      let differences = zip(values, expected).map { abs($0 - $1) }
      let mean = differences.reduce(0, +) / Float(differences.count)
      // A weight whose gradient nearly vanishes follows its rounding; most moved by some 5e-3.
      #expect(mean < 3e-6, "\(name) is off by \(mean) in the mean")
      #expect(differences.allSatisfy { $0 < 5e-3 }, "\(name)")
    }
  }

  private func isNear(_ value: Double, _ expected: Double, _ tolerance: Double) -> Bool {
    abs(value - expected) <= tolerance
  }
}

/// Two samples of the recorded training, each a picture between a preamble and a question with its answer.
private struct OriginalBatch {
  /// Rows in front of the question: the picture's and the preamble's.
  private static let protectedFrom = 41
  private static let (storedSide, enlargement) = (24, 8)

  private let sequences: [(ids: [Int], labels: [Int])]
  private let pixels: Tensor

  init(_ step: Int, of reference: TenSteps) throws {
    let length = try reference.batches.entry("\(step).input_ids").shape[1]
    let ids = try reference.batches.int64s("\(step).input_ids").map(Int.init)
    let labels = try reference.batches.int64s("\(step).labels").map(Int.init)
    sequences = stride(from: 0, to: ids.count, by: length).map {
      (Array(ids[$0..<$0 + length]), Array(labels[$0..<$0 + length]))
    }
    let picture = try reference.batches.floats("\(step).picture")
    let (small, side) = (Self.storedSide, Self.storedSide * Self.enlargement)
    let values = (0..<sequences.count * 3 * side * side).map { place in
      let (plane, row, column) = (place / (side * side), place / side % side, place % side)
      return picture[(plane * small + row / Self.enlargement) * small + column / Self.enlargement]
    }
    pixels = Tensor(values, shape: [sequences.count, 3, side, side])
  }

  func losses(_ model: VisionLanguageModel, _ tape: Tape) -> (
    total: Value, nextToken: Double, auxiliary: [Double]
  ) {
    let images = model.encode([ImageInput(pixels: pixels)], tape)
    let rowsPerPicture = (images?.rows ?? 0) / sequences.count
    var batch = PackedBatch()
    var (textIDs, textPlaces, imagePlaces, targets) = ([Int](), [Int](), [Int](), [Int32]())
    for (ids, labels) in sequences {
      let start = batch.rowCount
      var row = start
      var rowLabels: [Int32] = []
      for (id, label) in zip(ids, labels) {
        if id < 0 {
          imagePlaces += row..<row + rowsPerPicture
          rowLabels += [Int32](repeating: -1, count: rowsPerPicture)
          row += rowsPerPicture
        } else {
          textIDs.append(id)
          textPlaces.append(row)
          rowLabels.append(Int32(max(-1, label)))
          row += 1
        }
      }
      batch.append(roles: (0..<row - start).map { $0 < Self.protectedFrom ? .image : .prompt })
      // Each row predicts the label behind it.
      targets += rowLabels.dropFirst() + [-1]
    }
    let text = RowSource(model.decoder.embed(textIDs, tape), places: textPlaces)
    let sources = [text] + (images.map { [RowSource($0, places: imagePlaces)] } ?? [])
    let pass = DecoderPass(batch, tape: tape)
    let hidden = model.decoder.forward(tape.assemble(sources, rows: batch.rowCount), pass)
    let logits = model.decoder.logits(model.decoder.normalize(hidden, tape), tape)
    let nextToken = tape.crossEntropy(
      logits, targets: targets, scale: 1 / Float(targets.count { $0 >= 0 }))
    let coefficient = Float(model.routing?.routerLossCoefficient ?? 0)
    let total = pass.auxiliaryLosses.reduce(nextToken) { tape.add($0, tape.scale($1, by: coefficient)) }
    return (
      total, Double(nextToken.tensor.scalar), pass.auxiliaryLosses.map { Double($0.tensor.scalar) }
    )
  }
}
