internal import Foundation
internal import MixtureOfDepths
public import Models
public import StrictJSON
public import Tensors

/// Times one model dense and routed, in alternation, on the same rows.
public struct SpeedComparison {
  public struct Workload: Sendable {
    public var imageTokens: Int
    public var textTokens: Int
    public var decodeTokens: Int
    /// Alternations; medians are reported.
    public var repeats: Int
    /// Whether to time a training step's forward and backward pass over the rows instead of a prompt's forward pass.
    public var isTraining: Bool
    /// Whether to time the dense model's prompt once more while ARank is measured.
    public var measuresRank: Bool

    public init(
      imageTokens: Int, textTokens: Int, decodeTokens: Int, repeats: Int, isTraining: Bool = false,
      measuresRank: Bool = false
    ) {
      self.imageTokens = imageTokens
      self.textTokens = textTokens
      self.decodeTokens = decodeTokens
      self.repeats = repeats
      self.isTraining = isTraining
      self.measuresRank = measuresRank
    }
  }

  /// What one of the two ways took; medians over the alternations.
  public struct Side: Sendable {
    public var visionSeconds = 0.0
    public var prefillSeconds = 0.0
    /// The prompt once more, with ARank measured; nil where it was not.
    public var rankSeconds: Double?
    public var decodeSeconds = 0.0
    public var prefillRows = 0
    public var decodeTokens = 0
    public var prefillFlops = 0
    public var cacheBytes = 0
    public var skipRatio = 0.0
  }

  public let dense: Side
  public let routed: Side
  /// Processor time of other programs during the measurement, as a share of all; nil where it cannot be known.
  public let foreignLoad: Double?

  /// - Parameters:
  ///   - dense: The model without routing.
  ///   - routed: The same weights with routed layers.
  public init(dense: VisionLanguageModel, routed: VisionLanguageModel, workload: Workload, backend: Backend)
    throws
  {
    let load = ProcessorLoad()
    var runs: [[Side]] = [[], []]
    let pool = MemoryPool()
    let gradients = [GradientStore(), GradientStore()]
    // One alternation more than asked for: the first fills caches and pools and is not counted.
    for round in 0...workload.repeats {
      for (index, model) in [dense, routed].enumerated() {
        var side =
          workload.isTraining
          ? Self.measureTraining(model, workload, backend, pool, gradients[index], round: round)
          : Self.measure(model, workload, backend, pool, round: round)
        if workload.measuresRank, index == 0 {
          var prompt = workload
          prompt.decodeTokens = 0
          let meter = RankMeter(layers: model.decoder.layers.count, backend: backend)
          side.rankSeconds =
            Self.measure(model, prompt, backend, pool, round: round, observer: meter).prefillSeconds
        }
        if round > 0 { runs[index].append(side) }
      }
    }
    self.dense = Self.median(runs[0])
    self.routed = Self.median(runs[1])
    foreignLoad = load.foreignShare()
  }

  private static func measure(
    _ model: VisionLanguageModel, _ workload: Workload, _ backend: Backend, _ pool: MemoryPool, round: Int,
    observer: (any DecoderObserver)? = nil
  ) -> Side {
    var side = Side()
    let clock = ContinuousClock()
    let tape = Tape(backend: backend, pool: pool)
    if let encoder = model.images {
      let picture = encoder.blank
      side.visionSeconds = clock.measure { _ = encoder.encode(picture, tape) } / .seconds(1)
    }
    let rows = Self.rows(model, workload, tape, seed: UInt64(round))
    let decoder = model.decoder
    let cache = SequenceCache(layers: decoder.layers.count)
    var batch = PackedBatch()
    let roles = roles(workload)
    batch.append(roles: roles, cache: cache, isDecoding: false)
    let trace = RoutingTrace(decoder)
    let pass = DecoderPass(batch, tape: tape, observer: observer ?? trace)
    var hidden = rows
    side.prefillSeconds = clock.measure { hidden = decoder.forward(rows, pass) } / .seconds(1)
    side.prefillRows = roles.count
    side.prefillFlops = trace.flops
    side.skipRatio = trace.imageSkipRatio(in: model.routing?.layers ?? [])
    var last = tape.gather(hidden, rows: [roles.count - 1])
    side.decodeTokens = workload.decodeTokens
    side.decodeSeconds =
      clock.measure {
        for _ in 0..<workload.decodeTokens {
          let logits = decoder.logits(decoder.normalize(last, tape), tape)
          var sampler = Sampler()
          let id = sampler.next(UnsafeBufferPointer(start: logits.tensor.floatPointer, count: logits.width))
          var step = PackedBatch()
          step.append(roles: [.answer], cache: cache, isDecoding: true)
          last = decoder.forward(decoder.embed([id], tape), DecoderPass(step, tape: tape))
        }
      } / .seconds(1)
    side.cacheBytes = cache.bytes
    return side
  }

  /// A step that learns the last row's next token; the operations of the backward pass are twice the forward's.
  private static func measureTraining(
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

  /// A few words stand in front of the picture, the question behind it.
  private static func roles(_ workload: Workload) -> [RowRole] {
    let front = min(4, workload.textTokens)
    return [RowRole](repeating: .prompt, count: front)
      + [RowRole](repeating: .image, count: workload.imageTokens)
      + [RowRole](repeating: .prompt, count: workload.textTokens - front)
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

  private static func median(_ sides: [Side]) -> Side {
    guard var result = sides.first else { return Side() }
    func middle(_ value: (Side) -> Double) -> Double {
      let sorted = sides.map(value).sorted()
      return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }
    result.visionSeconds = middle(\.visionSeconds)
    result.prefillSeconds = middle(\.prefillSeconds)
    result.decodeSeconds = middle(\.decodeSeconds)
    if result.rankSeconds != nil { result.rankSeconds = middle { $0.rankSeconds ?? 0 } }
    result.skipRatio = middle(\.skipRatio)
    return result
  }

  public var flopRatio: Double { Double(dense.prefillFlops) / Double(max(1, routed.prefillFlops)) }
  public var prefillRatio: Double { dense.prefillSeconds / max(1e-12, routed.prefillSeconds) }
  /// The share of the saved operations that turned into saved time: 1 means that time follows operations.
  public var efficiency: Double { prefillRatio / flopRatio }
  /// The share of the time that was saved, over the share of the operations that was.
  public var savedShare: Double { (1 - 1 / prefillRatio) / max(1e-12, 1 - 1 / flopRatio) }
  /// The prompt's time with ARank measured, over that without; nil where it was not.
  public var rankRatio: Double? { dense.rankSeconds.map { $0 / max(1e-12, dense.prefillSeconds) } }
  public var decodeRatio: Double { dense.decodeSeconds / max(1e-12, routed.decodeSeconds) }

  /// The members that `bench --json` adds to the model's name and the workload.
  public var json: [(String, JSONValue)] {
    func object(_ side: Side) -> JSONValue {
      let rank = side.rankSeconds.map { [("arank_s", JSONValue($0))] } ?? []
      return .object(
        JSONObject(
          [
            ("vision_s", JSONValue(side.visionSeconds)), ("prefill_s", JSONValue(side.prefillSeconds)),
            ("prefill_tokens_per_s", JSONValue(Double(side.prefillRows) / max(1e-12, side.prefillSeconds))),
            ("decode_tokens_per_s", JSONValue(Double(side.decodeTokens) / max(1e-12, side.decodeSeconds))),
            ("prefill_flops", JSONValue(side.prefillFlops)), ("kv_bytes", JSONValue(side.cacheBytes)),
            ("peak_rss_bytes", JSONValue(ProcessorLoad.peakMemory)),
            ("skip_ratio", JSONValue(side.skipRatio)),
          ] + rank))
    }
    let rank = rankRatio.map { [("arank", JSONValue($0))] } ?? []
    let ratios = JSONObject(
      [
        ("flops", JSONValue(flopRatio)), ("prefill_wall", JSONValue(prefillRatio)),
        ("efficiency", JSONValue(efficiency)), ("decode", JSONValue(decodeRatio)),
      ] + rank)
    return [
      ("dense", object(dense)), ("gamma", object(routed)), ("ratios", .object(ratios)),
      ("foreign_load", foreignLoad.map { JSONValue($0) } ?? .null),
    ]
  }
}
