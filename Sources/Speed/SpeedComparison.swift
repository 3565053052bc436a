internal import Answering
internal import Foundation
package import Images
internal import MixtureOfDepths
package import Models
package import StrictJSON
package import Tensors

/// Times one model dense and routed, in alternation, on the same rows.
package struct SpeedComparison {
  package struct Workload {
    package var imageTokens: Int
    package var textTokens: Int
    package var decodeTokens: Int
    /// Alternations; medians are reported.
    package var repeats: Int
    /// Whether to time a training step's forward and backward pass over the rows instead of a prompt's forward pass.
    package var isTraining: Bool
    /// Whether to time the dense model's prompt once more while ARank is measured.
    package var measuresRank: Bool
    /// In which keys and values are kept.
    package var cacheFormat = KeyValueFormat.float32
    /// What the encoder reads; its usual size of nothing if nil.
    package var picture: ImageInput?
    /// Receives how many alternations are done, and how many there will be with the first one, which is not counted.
    package var onProgress: (_ done: Int, _ all: Int) -> Void = { _, _ in }
    /// Reads a file and makes the encoder's input of it; its rows then are the prompt's image rows, and the time from
    /// here to the first token is taken.
    package var loadsPicture: (() throws -> ImageInput)?

    package init(
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
  package struct Side: Sendable {
    /// Reading, decoding and preprocessing the picture's file.
    package var imageSeconds = 0.0
    package var visionSeconds = 0.0
    package var prefillSeconds = 0.0
    /// The prompt once more, with ARank measured; nil where it was not.
    package var rankSeconds: Double?
    package var decodeSeconds = 0.0
    /// From the picture's file to the first token.
    package var firstTokenSeconds = 0.0
    package var prefillRows = 0
    package var decodeTokens = 0
    package var prefillFlops = 0
    package var cacheBytes = 0
    /// The share of the image rows that the routed layers skip.
    package var skipRatio = 0.0
    /// The share of the routed layers that a generated token skips, in the mean.
    package var decodeSkipRatio = 0.0
  }

  package let dense: Side
  package let routed: Side
  private let startsFromFile: Bool
  /// Processor time of other programs during the measurement, as a share of all; nil where it cannot be known.
  package let foreignLoad: Double?

  /// - Parameters:
  ///   - dense: The model without routing.
  ///   - routed: The same weights with routed layers.
  package init(dense: VisionLanguageModel, routed: VisionLanguageModel, workload: Workload, backend: Backend)
    throws
  {
    let load = ProcessorLoad()
    var runs: [[Side]] = [[], []]
    let pool = MemoryPool()
    if !workload.isTraining { for model in [dense, routed] { model.layOut(backend) } }
    let loops = [dense, routed].map { Self.loop($0, workload, backend) }
    let gradients = [GradientStore(), GradientStore()]
    // One alternation more than asked for: the first fills caches and pools and is not counted.
    for round in 0...workload.repeats {
      workload.onProgress(round, workload.repeats + 1)
      for (index, model) in [dense, routed].enumerated() {
        var side =
          workload.isTraining
          ? try Self.measureTraining(model, workload, backend, pool, gradients[index], round: round)
          : try Self.measure(loops[index], workload, round: round)
        if workload.measuresRank, index == 0 {
          var prompt = workload
          prompt.decodeTokens = 0
          let meter = RankMeter(
            layers: model.decoder.layers.count, backend: backend, includesPlain: false)
          side.rankSeconds =
            try Self.measure(Self.loop(model, prompt, backend, observer: meter), prompt, round: round)
            .prefillSeconds
        }
        if round > 0 { runs[index].append(side) }
      }
    }
    workload.onProgress(workload.repeats + 1, workload.repeats + 1)
    self.dense = Self.median(runs[0])
    self.routed = Self.median(runs[1])
    startsFromFile = workload.loadsPicture != nil
    foreignLoad = load.foreignShare()
  }

  static func loop(
    _ model: VisionLanguageModel, _ workload: Workload, _ backend: Backend,
    observer: (any DecoderObserver)? = nil
  ) -> AnswerLoop {
    var limits = EngineLimits()
    limits.rowsPerPass = .max
    limits.cacheFormat = workload.cacheFormat
    return AnswerLoop(model, tokenizer: nil, backend: backend, limits: limits, observer: observer)
  }

  static func median(_ values: [Double]) -> Double {
    guard !values.isEmpty else { return 0 }
    let sorted = values.sorted()
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }

  private static func median(_ sides: [Side]) -> Side {
    guard var result = sides.first else { return Side() }
    func middle(_ path: KeyPath<Side, Double>) -> Double {
      median(sides.map { $0[keyPath: path] })
    }
    result.imageSeconds = middle(\.imageSeconds)
    result.visionSeconds = middle(\.visionSeconds)
    result.prefillSeconds = middle(\.prefillSeconds)
    result.decodeSeconds = middle(\.decodeSeconds)
    if result.rankSeconds != nil { result.rankSeconds = median(sides.compactMap(\.rankSeconds)) }
    result.firstTokenSeconds = middle(\.firstTokenSeconds)
    result.skipRatio = middle(\.skipRatio)
    result.decodeSkipRatio = middle(\.decodeSkipRatio)
    return result
  }

  package var flopRatio: Double { Double(dense.prefillFlops) / Double(max(1, routed.prefillFlops)) }
  package var prefillRatio: Double { dense.prefillSeconds / max(1e-12, routed.prefillSeconds) }
  /// The share of the saved operations that turned into saved time: 1 means that time follows operations.
  package var efficiency: Double { prefillRatio / flopRatio }
  /// The share of the time that was saved, over the share of the operations that was.
  package var savedShare: Double { (1 - 1 / prefillRatio) / max(1e-12, 1 - 1 / flopRatio) }
  /// The prompt's time with ARank measured, over that without; nil where it was not.
  package var rankRatio: Double? { dense.rankSeconds.map { $0 / max(1e-12, dense.prefillSeconds) } }
  /// From the picture's file to the first token, dense over routed; nil where no file was read.
  package var firstTokenRatio: Double? {
    startsFromFile ? dense.firstTokenSeconds / max(1e-12, routed.firstTokenSeconds) : nil
  }
  package var decodeRatio: Double { dense.decodeSeconds / max(1e-12, routed.decodeSeconds) }

  /// The members that `bench --json` adds to the model's name and the workload.
  package var json: [(String, JSONValue)] {
    func object(_ side: Side) -> JSONValue {
      let file: [(String, JSONValue)] =
        startsFromFile
        ? [
          ("image_s", JSONValue(side.imageSeconds)), ("first_token_s", JSONValue(side.firstTokenSeconds)),
        ] : []
      let rank = side.rankSeconds.map { [("arank_s", JSONValue($0))] } ?? []
      return .object(
        JSONObject(
          file + [
            ("vision_s", JSONValue(side.visionSeconds)), ("prefill_s", JSONValue(side.prefillSeconds)),
            ("prefill_tokens_per_s", JSONValue(Double(side.prefillRows) / max(1e-12, side.prefillSeconds))),
            ("decode_tokens_per_s", JSONValue(Double(side.decodeTokens) / max(1e-12, side.decodeSeconds))),
            ("prefill_flops", JSONValue(side.prefillFlops)), ("kv_bytes", JSONValue(side.cacheBytes)),
            ("peak_rss_bytes", JSONValue(ProcessorLoad.peakMemory)),
            ("skip_ratio", JSONValue(side.skipRatio)),
            ("decode_skip_ratio", JSONValue(side.decodeSkipRatio)),
          ] + rank))
    }
    var ratios = JSONObject([
      ("flops", JSONValue(flopRatio)), ("prefill_wall", JSONValue(prefillRatio)),
      ("efficiency", JSONValue(efficiency)), ("decode", JSONValue(decodeRatio)),
    ])
    ratios["first_token"] = firstTokenRatio.map { JSONValue($0) }
    ratios["arank"] = rankRatio.map { JSONValue($0) }
    return [
      ("dense", object(dense)), ("gamma", object(routed)), ("ratios", .object(ratios)),
      ("foreign_load", foreignLoad.map { JSONValue($0) } ?? .null),
    ]
  }
}
