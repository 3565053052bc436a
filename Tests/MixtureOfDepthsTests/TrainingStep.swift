import Checkpoints
import Comparing
import Loading
import ModelTesting
import StrictJSON
import Tensors
import Testing

@testable import MixtureOfDepths
@testable import Models

/// One forward and backward pass over a recorded training batch, from its merged embeddings on.
struct TrainingStep {
  /// Rows in front of the question: the picture's 36 and a prefix of 5 tokens.
  static let protectedFrom = 41

  let reference: ReferenceCase
  let prefix: String
  let decoder: TransformerDecoder
  let router: Parameter?
  let routing: RoutingConfiguration?
  let tape: Tape
  let gradients = GradientStore()
  let recorder = RunRecorder()
  let sequences: Int
  let length: Int
  /// The rows that come from the projector; nil for text only.
  let imageRows: Value?
  let logits: Tensor
  let answers: Float
  let auxiliary: [Float]
  let total: Float

  init(_ prefix: String, backend: Backend) throws {
    self.prefix = prefix
    reference = try ReferenceCase("gamma-llava-hr-train-unpadded")
    let model = try GammaModel.load(reference.url)
    (decoder, router, routing) = (model.decoder, model.router, model.routing)
    let tape = Tape(recordingInto: gradients, backend: backend, pool: MemoryPool())
    self.tape = tape

    let ids = try reference.inputs.int64s("\(prefix)input_ids").map(Int.init)
    let labels =
      try reference.integers("\(prefix)merged.labels")
      ?? reference.inputs.int64s("\(prefix)labels").map(Int.init)
    let sequences = try reference.inputs.entry("\(prefix)input_ids").shape[0]
    let length = labels.count / sequences
    (self.sequences, self.length) = (sequences, length)
    let projected = prefix.isEmpty ? try reference.outputs.tensor("projector.output") : nil
    let imageRows = projected.map { tape.input($0.reshaped([$0.shape[0] * $0.shape[1], $0.shape[2]])) }
    self.imageRows = imageRows
    let embedded = Self.embed(decoder, ids, imageRows, sequences: sequences, length: length, tape)

    var batch = PackedBatch()
    for _ in 0..<sequences {
      let routable = prefix.isEmpty ? Self.protectedFrom : 0
      batch.append(roles: (0..<length).map { $0 < routable ? .image : .prompt })
    }
    var targets = LearningTargets()
    for start in stride(from: 0, to: labels.count, by: length) {
      targets.append(labels: Array(labels[start..<start + length]), at: start)
    }
    let pass = DecoderPass(batch, tape: tape, observer: recorder)
    let hidden = decoder.forward(embedded, pass)
    let losses = Objective(model).losses(of: hidden, behind: pass, targets)
    tape.backward(from: losses.total)
    (answers, auxiliary, total) = (losses.answers, losses.auxiliary, losses.total.tensor.scalar)
    // The original records the logits of every row, and not only of those that something is learnt of.
    let plain = Tape(backend: backend)
    logits = decoder.logits(decoder.normalize(Value(constant: hidden.tensor), plain), plain).tensor
  }

  /// Token rows with the picture's rows in the place of the id −200.
  private static func embed(
    _ decoder: TransformerDecoder, _ ids: [Int], _ imageRows: Value?, sequences: Int, length: Int,
    _ tape: Tape
  ) -> Value {
    let text = decoder.embed(ids.filter { $0 >= 0 }, tape)
    guard let imageRows else { return text }
    let perImage = imageRows.rows / sequences
    var (textPlaces, imagePlaces, row) = ([Int](), [Int](), 0)
    for id in ids {
      if id >= 0 {
        textPlaces.append(row)
        row += 1
      } else {
        imagePlaces += row..<row + perImage
        row += perImage
      }
    }
    return tape.assemble(
      [RowSource(text, places: textPlaces), RowSource(imageRows, places: imagePlaces)],
      rows: sequences * length)
  }

  func expect(_ name: String, _ values: [Float], within tolerance: Float, _ backend: Backend) throws {
    let expected = try #require(try reference.floats(prefix + name), "\(prefix)\(name) is not recorded")
    let difference = worstDifference(values, expected)
    #expect(difference <= tolerance, "\(prefix)\(name) is off by \(difference) with \(backend.summary)")
  }
}
