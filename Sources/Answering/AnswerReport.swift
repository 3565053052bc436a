package import Images
internal import MixtureOfDepths
internal import Models
package import StrictJSON

/// An answer with what it cost and what it skipped.
package struct AnswerReport: Sendable {
  package let answer: Answer
  /// Where the first picture begins in the prompt.
  private let pictureStart: Int
  private let areas: [TokenArea?]
  private let imageProcessor: (any ImageProcessor)?

  /// - Parameter prompt: What was answered.
  package init(_ answer: Answer, to prompt: Prompt, _ session: VisionLanguageSession) {
    self.answer = answer
    pictureStart = prompt.pictureRanges.first?.lowerBound ?? 0
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
      ("image_ms", milliseconds(answer.times.image)), ("prefill_ms", milliseconds(answer.times.prefill)),
      ("decode_ms", milliseconds(answer.times.decode)), ("prompt_tokens", JSONValue(answer.promptTokens)),
      ("reused_tokens", JSONValue(answer.reusedTokens)), ("image_tokens", JSONValue(answer.imageTokens)),
      ("new_tokens", JSONValue(answer.ids.count)),
    ])
    let routing = JSONObject([
      ("skip_ratio", JSONValue(answer.prompt.imageSkipRatio)),
      ("by_layer", JSONValue(answer.prompt.skippedByLayer)),
      ("kv_bytes", JSONValue(answer.cacheBytes)), ("kv_bytes_dense", JSONValue(answer.denseCacheBytes)),
      ("prefill_flops", JSONValue(answer.prompt.flops)),
    ])
    return JSONObject([
      ("text", .string(answer.text)), ("tokens", JSONValue(answer.ids)),
      ("finish_reason", .string(answer.finishReason.rawValue)), ("timings", .object(timings)),
      ("routing", .object(routing)),
    ])
  }

  /// Groups of routed layers that follow each other, as an overlay shows them from left to right.
  package var overlayGroups: [ClosedRange<Int>] {
    SkipOverlay(areas: areas, imageRowsRun: answer.prompt.imageRowsRun).groups
  }

  /// The picture as the tower saw it and, beside it, once per group of routed layers, skipped patches greyed.
  /// - Throws: If the answer was not about pictures, or the first one was read for an earlier answer.
  package func overlay(on picture: PixelImage) throws -> PixelImage {
    guard let imageProcessor, !areas.isEmpty else {
      throw AnswerError("there is nothing to draw: the model reads text only")
    }
    guard answer.reusedTokens <= pictureStart else {
      throw AnswerError(
        "there is nothing to draw: the picture was read for an earlier answer, which says what was skipped")
    }
    return try SkipOverlay(areas: areas, imageRowsRun: answer.prompt.imageRowsRun).draw(
      imageProcessor.visiblePixels(picture))
  }
}
