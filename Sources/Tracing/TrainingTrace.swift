internal import Answering
internal import MixtureOfDepths
internal import Models
internal import Tensors

/// Runs one training step's forward and backward pass and writes its losses and gradients.
struct TrainingTrace {
  private let model: VisionLanguageModel
  private let backend: Backend

  init(_ model: VisionLanguageModel, backend: Backend) {
    self.model = model
    self.backend = backend
  }

  /// - Parameter entries: The sequences of one batch; their labels are learnt after the usual shift by one.
  func run(_ entries: [TraceInputs.Entry], prefix: String, into writer: inout TraceWriter) throws {
    let gradients = GradientStore()
    let tape = Tape(recordingInto: gradients, backend: backend, pool: MemoryPool())
    var batch = PackedBatch()
    var targets: [Int32] = []
    var embedded: [Value] = []
    for entry in entries {
      let imageRows = model.encode(entry.prompt.images, tape)
      embedded.append(try model.embed(entry.prompt.ids, imageRows: imageRows, tape))
      let labels = entry.labels ?? []
      batch.append(
        roles: zip(entry.prompt.roles, labels).map { role, label in
          label >= 0 ? .answer : role
        }, pictures: entry.prompt.pictureOfRow)
      targets += labels.dropFirst().map { Int32(truncatingIfNeeded: $0) } + [-100]
    }
    var next = 0
    let rows = tape.assemble(
      embedded.map { value in
        defer { next += value.rows }
        return RowSource(value, places: Array(next..<next + value.rows))
      }, rows: batch.rowCount)
    let pass = DecoderPass(batch, tape: tape)
    let hidden = model.decoder.forward(rows, pass)
    let logits = model.decoder.logits(model.decoder.normalize(hidden, tape), tape)
    let wrong = targets.first { $0 >= logits.width }
    if let wrong { throw AnswerError("the label \(wrong) is outside the vocabulary of \(logits.width)") }
    let learnt = targets.count { $0 >= 0 }
    guard learnt > 0 else { throw AnswerError("\(prefix)labels holds nothing to be learnt") }
    let answer = tape.crossEntropy(logits, targets: targets, scale: 1 / Float(learnt))
    let coefficient = Float(model.routing?.routerLossCoefficient ?? 0)
    let auxiliary = pass.auxiliaryLosses.map { tape.scale($0, by: coefficient) }
    let total = auxiliary.reduce(answer) { tape.add($0, $1) }
    tape.backward(from: total)

    for (entry, slice) in zip(entries, batch.slices) {
      writer.add("inputs_embeds", of: entry, rows: rows.tensor.rows(slice.rows))
      writer.add("logits", of: entry, rows: logits.tensor.rows(slice.rows))
    }
    try writer.add("\(prefix)loss.ntp", answer.tensor.reshaped([]))
    try writer.add("\(prefix)loss.total", total.tensor.reshaped([]))
    if !auxiliary.isEmpty {
      let losses = pass.auxiliaryLosses.map(\.tensor.scalar)
      try writer.add("\(prefix)loss.aux_per_layer", Tensor(losses, shape: [losses.count]))
      try writer.add("\(prefix)loss.aux_scaled", Tensor([losses.reduce(0, +) * coefficient], shape: []))
    }
    let router = model.router
    for parameter in model.parameters {
      guard let gradient = gradients.gradient(of: parameter) else { continue }
      try writer.add("\(prefix)grad.\(parameter === router ? "router.weight" : parameter.name)", gradient)
    }
  }
}
