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
    var targets = LearningTargets()
    var sources: [RowSource] = []
    for entry in entries {
      let start = batch.rowCount
      let imageRows = model.encode(entry.prompt.images, tape)
      let rows = try model.embed(entry.prompt.ids, imageRows: imageRows, tape)
      sources.append(RowSource(rows, places: Array(start..<start + rows.rows)))
      let labels = entry.labels ?? []
      batch.append(
        roles: zip(entry.prompt.roles, labels).map { $1 >= 0 ? .answer : $0 },
        pictures: entry.prompt.pictureOfRow, axes: entry.prompt.axes)
      targets.append(labels: labels, at: start)
    }
    let vocabulary = model.decoder.configuration.vocabularySize
    if let wrong = targets.tokens.first(where: { $0 >= vocabulary }) {
      throw AnswerError("\(prefix)labels: \(wrong) is outside the vocabulary of \(vocabulary)")
    }
    guard targets.weight > 0 else { throw AnswerError("\(prefix)labels holds nothing to be learnt") }
    let rows = tape.assemble(sources, rows: batch.rowCount)
    let recorder = TraceRecorder(meter: nil)
    let pass = DecoderPass(batch, tape: tape, observer: recorder)
    let hidden = model.decoder.forward(rows, pass)
    let objective = Objective(model)
    let losses = objective.losses(of: hidden, behind: pass, targets)
    tape.backward(from: losses.total)

    // Rows that nothing is learnt of have logits, too.
    let plain = Tape(backend: backend)
    let logits = model.decoder.logits(
      model.decoder.normalize(Value(constant: hidden.tensor), plain), plain)
    for (entry, slice) in zip(entries, batch.slices) {
      writer.add(
        "inputs_embeds", of: entry, rows: model.decoder.entering(rows, plain).tensor.rows(slice.rows))
      writer.add("logits", of: entry, rows: logits.tensor.rows(slice.rows))
      for (layer, hidden) in recorder.hidden {
        writer.add("hidden.\(layer)", of: entry, rows: hidden.rows(slice.rows))
      }
      for (layer, route) in recorder.routes {
        writer.add("route.logits.\(layer)", of: entry, rows: route.logits.rows(slice.rows))
        writer.add("route.prob.\(layer)", of: entry, rows: route.probabilities.rows(slice.rows))
      }
    }
    try writeChosenRows(recorder, batch, prefix: prefix, into: &writer)
    try writer.add("\(prefix)loss.ntp", Tensor([losses.answers], shape: []))
    try writer.add("\(prefix)loss.total", losses.total.tensor.reshaped([]))
    let auxiliary = losses.auxiliary
    if !auxiliary.isEmpty {
      try writer.add("\(prefix)loss.aux_per_layer", Tensor(auxiliary, shape: [auxiliary.count]))
      let scaled = auxiliary.reduce(0, +) * Float(objective.routerCoefficient)
      try writer.add("\(prefix)loss.aux_scaled", Tensor([scaled], shape: []))
    }
    let router = model.router
    for parameter in model.parameters {
      guard let gradient = gradients.gradient(of: parameter) else { continue }
      try writer.add("\(prefix)grad.\(parameter === router ? "router.weight" : parameter.name)", gradient)
    }
  }

  /// The rows that routed layers ran, numbered within each sequence.
  /// - Shape: `[sequences, rows]` where all sequences run as many, else one tensor for each sequence
  private func writeChosenRows(
    _ recorder: TraceRecorder, _ batch: PackedBatch, prefix: String, into writer: inout TraceWriter
  ) throws {
    for (layer, route) in recorder.routes {
      let chosen = batch.slices.map { slice in
        route.rows.filter(slice.rows.contains).map { Int64($0 - slice.rows.lowerBound) }
      }
      if Set(chosen.map(\.count)).count == 1, let count = chosen.first?.count {
        try writer.add(
          "\(prefix)route.selected.\(layer)", int64s: Array(chosen.joined()), shape: [chosen.count, count])
        continue
      }
      for (index, rows) in chosen.enumerated() {
        try writer.add("\(prefix)\(index).route.selected.\(layer)", int64s: rows, shape: [rows.count])
      }
    }
  }
}
