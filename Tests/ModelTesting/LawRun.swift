internal import Comparing
package import Models
package import Tensors

/// A decoder run over rows that a test has made, with or without gradients.
package struct LawRun {
  package let hidden: Tensor
  package let recorder: RunRecorder
  /// Gradients of the sum of squares of the rows that count, by parameter name.
  package let gradients: [String: [Float]]
  /// The same with respect to the rows that went in.
  package let inputGradient: Tensor?

  /// Computes only.
  package init(
    _ decoder: TransformerDecoder, _ rows: Tensor, _ batch: PackedBatch, backend: Backend = Backend()
  ) {
    recorder = RunRecorder()
    let pass = DecoderPass(batch, tape: Tape(backend: backend), observer: recorder)
    hidden = decoder.forward(Value(constant: rows), pass).tensor
    gradients = [:]
    inputGradient = nil
  }

  /// Computes and takes gradients.
  /// - Parameter weights: How much each row counts.
  package init(
    training decoder: TransformerDecoder, _ rows: Tensor, _ batch: PackedBatch, weights: [Float],
    backend: Backend = Backend()
  ) {
    let store = GradientStore()
    recorder = RunRecorder()
    let tape = Tape(recordingInto: store, backend: backend, pool: MemoryPool())
    let input = tape.input(rows)
    let output = decoder.forward(input, DecoderPass(batch, tape: tape, observer: recorder))
    let target = Tensor.zeros(output.tensor.shape)
    tape.backward(from: tape.squaredError(output, target: target, weights: weights, scale: 1))
    hidden = output.tensor
    inputGradient = tape.gradient(of: input)
    gradients = Dictionary(
      uniqueKeysWithValues: decoder.parameters.compactMap { parameter in
        store.gradient(of: parameter).map { (parameter.name, $0.floats()) }
      })
  }

  package func rows(_ range: Range<Int>) -> [Float] { hidden.rows(range).floats() }

  /// The largest difference between the gradients of two runs; infinite if they are not of the same parameters.
  package static func worstDifference(_ a: [String: [Float]], _ b: [String: [Float]]) -> Float {
    guard a.keys == b.keys else { return .infinity }
    return a.reduce(0) { max($0, Comparing.worstDifference($1.value, b[$1.key] ?? [])) }
  }

  /// Gradients of several runs added up.
  package static func sum(_ runs: [LawRun]) -> [String: [Float]] {
    runs.reduce(into: [:]) { sums, run in
      sums.merge(run.gradients) { zip($0, $1).map { $0 + $1 } }
    }
  }
}

extension Tensor {
  /// Several tensors of the same width, one below the other.
  package static func stacked(_ parts: [Tensor]) -> Tensor {
    Tensor(parts.flatMap { $0.floats() }, shape: [parts.reduce(0) { $0 + $1.rows }, parts[0].width])
  }
}
