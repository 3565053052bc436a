internal import MixtureOfDepths
internal import Models
internal import Tensors

/// One pass of either model.
extension SpeedComparison {
  static func measure(
    _ model: VisionLanguageModel, _ workload: Workload, _ backend: Backend, _ pool: MemoryPool, round: Int,
    observer: (any DecoderObserver)? = nil
  ) throws -> Side {
    var side = Side()
    let clock = ContinuousClock()
    let tape = Tape(backend: backend, pool: pool)
    var rows = Self.rows(model, workload, tape, seed: UInt64(round))
    let start = clock.now
    if let encoder = model.images {
      let input = try workload.loadsPicture?() ?? workload.picture ?? encoder.blank
      try encoder.check(input)
      let loaded = clock.now
      let imageRows = encoder.encode(input, tape)
      side.imageSeconds = (loaded - start) / .seconds(1)
      side.visionSeconds = (clock.now - loaded) / .seconds(1)
      if workload.loadsPicture != nil { rows = try Self.placing(imageRows, in: rows, workload, tape) }
    }
    let decoder = model.decoder
    let cache = SequenceCache(layers: decoder.layers.count, format: workload.cacheFormat)
    var batch = PackedBatch()
    let roles = roles(workload)
    batch.append(roles: roles, cache: cache, isDecoding: false)
    let trace = RoutingTrace(decoder)
    let pass = DecoderPass(batch, tape: tape, observer: observer ?? trace)
    var hidden = rows
    side.prefillSeconds = clock.measure { hidden = decoder.forward(rows, pass) } / .seconds(1)
    func nextToken(_ last: Value) -> Int {
      let logits = decoder.logits(decoder.normalize(last, tape), tape)
      var sampler = Sampler()
      return logits.tensor.withFloats { sampler.next($0) }
    }
    var id = nextToken(tape.gather(hidden, rows: [roles.count - 1]))
    side.firstTokenSeconds = (clock.now - start) / .seconds(1)
    side.prefillRows = roles.count
    side.prefillFlops = trace.flops
    side.skipRatio = trace.imageSkipRatio(in: model.routing?.layers ?? [])
    side.decodeTokens = workload.decodeTokens
    let steps = RoutingTrace(decoder)
    side.decodeSeconds =
      clock.measure {
        for _ in 0..<workload.decodeTokens {
          var step = PackedBatch()
          step.append(roles: [.answer], cache: cache, isDecoding: true)
          let pass = DecoderPass(step, tape: tape, observer: steps)
          id = nextToken(decoder.forward(decoder.embed([id], tape), pass))
        }
      } / .seconds(1)
    side.decodeSkipRatio = steps.skipRatio(in: model.routing?.layers ?? [])
    side.cacheBytes = cache.bytes
    return side
  }

  /// A step that learns the last row's next token; the operations of the backward pass are twice the forward's.
  static func measureTraining(
    _ model: VisionLanguageModel, _ workload: Workload, _ backend: Backend, _ pool: MemoryPool,
    _ gradients: GradientStore, round: Int
  ) -> Side {
    var side = Side()
    gradients.reset()
    let tape = Tape(recordingInto: gradients, backend: backend, pool: pool)
    let rows = tape.input(rows(model, workload, tape, seed: UInt64(round)).tensor)
    let decoder = model.decoder
    let roles = roles(workload)
    var batch = PackedBatch()
    batch.append(roles: roles)
    let trace = RoutingTrace(decoder)
    let pass = DecoderPass(batch, tape: tape, observer: trace)
    side.prefillSeconds =
      ContinuousClock().measure {
        let hidden = tape.gather(decoder.forward(rows, pass), rows: [roles.count - 1])
        let logits = decoder.logits(decoder.normalize(hidden, tape), tape)
        let loss = pass.auxiliaryLosses.reduce(tape.crossEntropy(logits, targets: [0], scale: 1)) {
          tape.add($0, $1)
        }
        tape.backward(from: loss)
      } / .seconds(1)
    side.prefillRows = roles.count
    side.prefillFlops = 3 * trace.flops
    side.skipRatio = trace.imageSkipRatio(in: model.routing?.layers ?? [])
    return side
  }

  private static func frontTokens(_ workload: Workload) -> Int { min(4, workload.textTokens) }

  /// A few words stand in front of the picture, the question behind it.
  private static func roles(_ workload: Workload) -> [RowRole] {
    let front = frontTokens(workload)
    return [RowRole](repeating: .prompt, count: front)
      + [RowRole](repeating: .image, count: workload.imageTokens)
      + [RowRole](repeating: .prompt, count: workload.textTokens - front)
  }

  /// The prompt's rows with those of a picture in their places.
  private static func placing(_ imageRows: Value, in rows: Value, _ workload: Workload, _ tape: Tape)
    throws -> Value
  {
    guard imageRows.rows == workload.imageTokens else {
      throw GenerationError(
        "the picture takes \(imageRows.rows) image tokens, not \(workload.imageTokens); it must not change while it is timed"
      )
    }
    let all = Array(0..<rows.rows)
    let front = frontTokens(workload)
    let places = Array(all[front..<front + imageRows.rows])
    let others = Array(all[..<front] + all[(front + imageRows.rows)...])
    return tape.assemble(
      [RowSource(tape.gather(rows, rows: others), places: others), RowSource(imageRows, places: places)],
      rows: rows.rows)
  }

  /// Random rows of the size of token embeddings.
  private static func rows(_ model: VisionLanguageModel, _ workload: Workload, _ tape: Tape, seed: UInt64)
    -> Value
  {
    var numbers = NormalNumbers(seed: seed)
    let width = model.decoder.configuration.hiddenSize
    let count = workload.imageTokens + workload.textTokens
    return Value(constant: Tensor((0..<count * width).map { _ in numbers.next() }, shape: [count, width]))
  }
}
