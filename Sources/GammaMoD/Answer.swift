internal import Answering
internal import Images

/// An answer with what it cost and what was skipped for it.
public struct Answer: Sendable {
  /// Why an answer ended.
  public enum EndReason: String, Sendable {
    /// The model ended its turn, or a stop string came.
    case stop
    /// The limit of tokens or the model's context was reached.
    case length
    /// `AnswerStream.cancel` was called.
    case cancelled
  }

  private let report: AnswerReport
  /// The first picture of the conversation.
  private let picture: PixelImage?

  init(_ report: AnswerReport, picture: PixelImage?) {
    self.report = report
    self.picture = picture
  }

  private var answer: Answering.Answer { report.answer }
  var ids: [Int] { answer.ids }

  /// What the model said.
  public var text: String { answer.text }
  /// Why the answer ended.
  public var endReason: EndReason {
    switch answer.finishReason {
    case .stop: .stop
    case .length: .length
    case .cancelled: .cancelled
    }
  }

  /// Tokens of the prompt, those of pictures included.
  public var promptTokens: Int { answer.promptTokens }
  /// Tokens that the prompt's pictures take.
  public var pictureTokens: Int { answer.imageTokens }
  /// Tokens of the prompt that earlier requests had read already.
  public var reusedTokens: Int { answer.reusedTokens }
  /// Tokens of the answer.
  public var newTokens: Int { answer.ids.count }

  /// From the question to the first token, waiting included.
  public var firstTokenTime: Duration { answer.times.firstToken }
  /// Spent on encoding pictures.
  public var pictureTime: Duration { answer.times.image }
  /// Spent on reading the prompt, in passes that other requests may have shared.
  public var promptTime: Duration { answer.times.prefill }
  /// Spent on the tokens behind the first, in passes that other requests may have shared.
  public var generationTime: Duration { answer.times.decode }

  /// The share of the pictures' tokens that routed layers skipped, 0 to 1, of those read for this answer; 0 in a dense model.
  public var skipRatio: Double { answer.prompt.imageSkipRatio }
  /// For each layer the share of the prompt's tokens that it skipped, text included, of those read for this answer.
  public var skippedByLayer: [Double] { answer.prompt.skippedByLayer }
  /// Floating-point operations of the decoder's layers on what was read for this answer, a multiplication and an addition
  /// counted as two.
  public var promptFLOPs: Int { answer.prompt.flops }
  /// As `promptFLOPs`, had every layer run every token.
  public var densePromptFLOPs: Int { answer.prompt.denseFLOPs }
  /// Bytes of the keys and values of prompt and answer.
  public var cacheBytes: Int { answer.cacheBytes }
  /// As `cacheBytes`, had every layer run every token.
  public var denseCacheBytes: Int { answer.denseCacheBytes }

  /// The conversation's first picture as the model saw it and, beside it, one panel per group of routed layers that follow
  /// each other: the more of them skipped a patch, the greyer it is.
  /// - Throws: `.request` if there is no picture, or it was read for an earlier answer, which has the overlay.
  public func overlay() throws(GammaModError) -> Picture {
    guard let picture else {
      throw GammaModError(.request, "there is nothing to draw: the conversation has no picture")
    }
    return try GammaModError.translating { Picture(try report.overlay(on: picture)) }
  }
}
