package import Images
internal import MixtureOfDepths
internal import Models
package import StrictJSON
internal import Tensors
package import Tokenization

/// An answer with what it cost and what it skipped.
package struct AnswerReport {
  package let answer: Generator.Answer
  package let imageTokens: Int
  package let promptTokens: Int
  package let imageTime, prefillTime, decodeTime: Duration
  /// The share of image rows that routed layers skipped; 0 for a dense model.
  package let skipRatio: Double
  /// Per layer, the share of prompt rows skipped.
  package let skippedByLayer: [Double]
  package let cacheBytes: Int
  /// What keys and values of all rows would take.
  package let denseCacheBytes: Int
  /// Floating-point operations of the decoder's layers on the prompt.
  package let prefillFlops: Int
  private let imageRowsRun: [[Int]?]
  private let areas: [TokenArea?]
  private let imageProcessor: (any ImageProcessor)?

  /// Answers the conversation and measures on the way.
  /// - Parameter onText: Receives the answer's text as it comes.
  package init(
    _ session: VisionLanguageSession, _ options: Generator.Options, messages: [ConversationMessage],
    images: [PixelImage], isCancelled: () -> Bool = { false }, onText: (String) throws -> Void = { _ in }
  ) throws {
    let prompt = try session.prompt(messages, images: images)
    let decoder = session.model.decoder
    let trace = RoutingTrace(decoder)
    let meter = PrefillMeter(trace)
    let (answers, batch) = try Generator(session, options)
      .answer([prompt], observer: meter, isCancelled: isCancelled) { _, text in try onText(text) }
    answer = answers[0]
    promptTokens = prompt.ids.count
    imageTokens = prompt.imageRows
    (imageTime, prefillTime, decodeTime) = (batch.imageTime, batch.prefillTime, batch.decodeTime)
    let routed = session.model.routing?.layers ?? []
    skipRatio = meter.prompt.imageSkipRatio(in: routed)
    skippedByLayer = meter.prompt.layers.map { $0.rows > 0 ? 1 - Double($0.run) / Double($0.rows) : 0 }
    prefillFlops = meter.prompt.flops
    cacheBytes = batch.cacheBytes
    denseCacheBytes =
      batch.caches[0].totalLength * decoder.layers.count
      * session.cacheFormat.bytesPerRow(decoder.configuration.heads)
    imageRowsRun = meter.prompt.imageRowsRun
    areas =
      session.model.images.flatMap { encoder in prompt.images.first.map { encoder.areas(of: $0) } } ?? []
    imageProcessor = session.imageProcessor
  }

  /// The object that `run --json` prints.
  package var json: JSONObject {
    func milliseconds(_ time: Duration) -> JSONValue {
      JSONValue((time / .milliseconds(1) * 1000).rounded() / 1000)
    }
    let timings = JSONObject([
      ("image_ms", milliseconds(imageTime)), ("prefill_ms", milliseconds(prefillTime)),
      ("decode_ms", milliseconds(decodeTime)), ("prompt_tokens", JSONValue(promptTokens)),
      ("image_tokens", JSONValue(imageTokens)), ("new_tokens", JSONValue(answer.ids.count)),
    ])
    let routing = JSONObject([
      ("skip_ratio", JSONValue(skipRatio)), ("by_layer", JSONValue(skippedByLayer)),
      ("kv_bytes", JSONValue(cacheBytes)), ("kv_bytes_dense", JSONValue(denseCacheBytes)),
      ("prefill_flops", JSONValue(prefillFlops)),
    ])
    return JSONObject([
      ("text", .string(answer.text)), ("tokens", JSONValue(answer.ids)),
      ("finish_reason", .string(answer.finishReason.rawValue)), ("timings", .object(timings)),
      ("routing", .object(routing)),
    ])
  }

  /// Groups of routed layers that follow each other, as an overlay shows them from left to right.
  package var overlayGroups: [ClosedRange<Int>] {
    SkipOverlay(areas: areas, imageRowsRun: imageRowsRun).groups
  }

  /// The picture as the tower saw it and, beside it, once per group of routed layers, skipped patches greyed.
  /// - Throws: If the answer was not about pictures.
  package func overlay(on picture: PixelImage) throws -> PixelImage {
    guard let imageProcessor, !areas.isEmpty else {
      throw GenerationError("there is nothing to draw: the model reads text only")
    }
    return try SkipOverlay(areas: areas, imageRowsRun: imageRowsRun).draw(
      imageProcessor.visiblePixels(picture))
  }
}

/// Counts the first batch, which is the prompt, and leaves generated tokens out.
private final class PrefillMeter: RoutingObserver {
  let prompt: RoutingTrace
  private var finishedLayers = 0

  init(_ trace: RoutingTrace) { prompt = trace }

  private var isPrompt: Bool { finishedLayers < prompt.layers.count }

  func layer(_ index: Int, finishedWith hidden: Tensor) {
    if isPrompt { prompt.layer(index, finishedWith: hidden) }
    finishedLayers += 1
  }

  func layer(_ index: Int, attends query: Tensor, key: Tensor, heads: AttentionHeads, items: [AttentionItem])
  {
    if isPrompt { prompt.layer(index, attends: query, key: key, heads: heads, items: items) }
  }

  func layer(
    _ index: Int, routed batch: PackedBatch, logits: Tensor, probabilities: Tensor, running rows: [Int]
  ) {
    if isPrompt {
      prompt.layer(index, routed: batch, logits: logits, probabilities: probabilities, running: rows)
    }
  }
}
