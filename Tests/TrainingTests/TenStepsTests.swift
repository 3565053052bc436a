import Answering
import Checkpoints
import Comparing
import Foundation
import Images
import Loading
import MixtureOfDepths
import ModelTesting
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

  /// Tower, projector, routed decoder and router learn together, from pixels to the last step's weights, a step's samples in
  /// one piece or each in one of its own.
  @Test(arguments: [1, 2]) func lossesGradientsAndWeightsAreTheOriginals(pieces: Int) throws {
    let folder = TinyRun.repository.appending(path: "Tests/Fixtures/models/gamma-llava-hr-train-unpadded")
    for backend in pieces == 1 ? Backend.all : [Backend()] {
      let model = try GammaModel.load(folder)
      let optimizer = AdamW(model.parameters, reference.settings, threads: 2)
      for (index, expected) in reference.steps.enumerated() {
        let samples = try OriginalSamples(index, of: reference)
        let work = try (0..<pieces).map { piece in
          try samples.piece(
            samples.count * piece / pieces..<samples.count * (piece + 1) / pieces, model)
        }
        let gradients = try expectLosses(work, expected, "step \(index) with \(backend.summary)", backend)
        let norm = optimizer.step(gradients, rate: expected.rate, step: index)
        expectNear(norm, expected.gradientNorm, 1e-4, "norm of step \(index)")
      }
      try expectRecordedWeights(model, "with \(backend.summary)")
    }
  }

  /// - Returns: The gradients of each piece.
  private func expectLosses(
    _ pieces: [PackedPiece], _ expected: TenSteps.Step, _ place: String, _ backend: Backend
  ) throws -> [GradientStore] {
    let weight = pieces.reduce(0) { $0 + $1.targets }
    let share = 1 / Double(pieces.count)
    var (answers, total) = (0.0, 0.0)
    var auxiliary = [Double](repeating: 0, count: expected.auxiliary.count)
    let gradients = try pieces.map { piece in
      let store = GradientStore()
      let tape = Tape(recordingInto: store, backend: backend, pool: MemoryPool())
      let losses = piece.losses(targets: weight, share: share, tape: tape)
      tape.backward(from: losses.total)
      answers += Double(losses.answers)
      total += Double(losses.total.tensor.scalar)
      try #require(losses.auxiliary.count == auxiliary.count)
      for (layer, loss) in losses.auxiliary.enumerated() { auxiliary[layer] += share * Double(loss) }
      return store
    }
    expectNear(answers, expected.nextToken, 1e-5, "answers of \(place)")
    for (loss, recorded) in zip(auxiliary, expected.auxiliary) {
      expectNear(loss, recorded, 1e-5, "router of \(place)")
    }
    expectNear(total, expected.total, 1e-5, "total of \(place)")
    return gradients
  }

  private func expectRecordedWeights(_ model: VisionLanguageModel, _ place: String) throws {
    let stored = Dictionary(model.storedTensors.map { ($0.name, $0.parameter) }) { first, _ in first }
    for name in reference.weights.names {
      let parameter = try #require(stored[name], "\(name) is no weight")
      let difference = try worstDifference(parameter.tensor.floats(), reference.weights.floats(name))
      #expect(difference <= 1e-5, "\(name) is off by \(difference) \(place)")
    }
  }

  /// As near as a share of the number itself.
  private func expectNear(_ value: Double, _ expected: Double, _ tolerance: Double, _ name: String) {
    #expect(abs(value - expected) <= tolerance * abs(expected), "\(name): \(value), not \(expected)")
  }
}

/// Samples of one step of the recorded training, each a picture between a preamble and a question with its answer.
private struct OriginalSamples {
  private static let mark = -200
  private static let (storedSide, enlargement) = (24, 8)

  private let sequences: [(ids: [Int], labels: [Int])]
  /// Of each sample, as they are stored.
  private let pictures: [ArraySlice<Float>]

  init(_ step: Int, of reference: TenSteps) throws {
    let shape = try reference.batches.entry("\(step).input_ids").shape
    let ids = try reference.batches.int64s("\(step).input_ids").map(Int.init)
    let labels = try reference.batches.int64s("\(step).labels").map(Int.init)
    sequences = stride(from: 0, to: ids.count, by: shape[1]).map {
      (Array(ids[$0..<$0 + shape[1]]), Array(labels[$0..<$0 + shape[1]]))
    }
    let values = try reference.batches.floats("\(step).picture")
    let size = values.count / shape[0]
    pictures = (0..<shape[0]).map { values[$0 * size..<($0 + 1) * size] }
  }

  var count: Int { sequences.count }

  /// The work of some samples, as conversations of a file are packed.
  func piece(_ range: Range<Int>, _ model: VisionLanguageModel) throws -> PackedPiece {
    let conversations = try range.map { sample -> (prompt: Prompt, isLabel: [Bool]) in
      let (ids, labels) = sequences[sample]
      let prompt = try Prompt(marked: ids, mark: Self.mark, images: [picture(sample)], model: model)
      let isLabel = zip(ids, labels).flatMap { id, label in
        [Bool](repeating: label >= 0, count: id == Self.mark ? prompt.imageRows : 1)
      }
      return (prompt, isLabel)
    }
    let inputs = conversations.flatMap(\.prompt.images)
    return PackedPiece(PackedQuestions(conversations, weighting: .token), Objective(model)) { tape in
      model.encode(inputs, tape)
    }
  }

  private func picture(_ sample: Int) -> ImageInput {
    let (small, side) = (Self.storedSide, Self.storedSide * Self.enlargement)
    let stored = pictures[sample]
    let values = (0..<3 * side * side).map { place in
      let (plane, row, column) = (place / (side * side), place / side % side, place % side)
      let index = (plane * small + row / Self.enlargement) * small + column / Self.enlargement
      return stored[stored.startIndex + index]
    }
    return ImageInput(pixels: Tensor(values, shape: [1, 3, side, side]))
  }
}
