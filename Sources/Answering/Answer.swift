package import MixtureOfDepths

/// What became of a request.
package struct Answer: Sendable {
  /// Why an answer ended.
  package enum FinishReason: String, Sendable {
    /// The model ended its turn, or a stop string came.
    case stop
    /// The token limit or the model's context was reached.
    case length
    /// The caller asked to stop.
    case cancelled
  }

  /// What took how long. Passes that several requests share count in each of them.
  package struct Times: Sendable {
    /// From the request to its first pass.
    package var queue = Duration.zero
    /// Encoding pictures.
    package var image = Duration.zero
    /// Passes over rows of the prompt.
    package var prefill = Duration.zero
    /// From the request to its first token.
    package var firstToken = Duration.zero
    /// Passes over generated tokens.
    package var decode = Duration.zero
  }

  /// What layers did in one part of the request.
  package struct Routing: Sendable {
    package internal(set) var layers: [RoutingTally.Layer] = []
    /// The share of image rows that routed layers skipped; 0 for a dense model.
    package internal(set) var imageSkipRatio = 0.0
    /// The share of all rows that routed layers skipped.
    package internal(set) var skipRatio = 0.0
    /// For each layer the share of rows skipped.
    package internal(set) var skippedByLayer: [Double] = []
    package internal(set) var flops = 0
    /// What running all rows in all layers would have cost.
    package internal(set) var denseFLOPs = 0
    /// The image rows that each layer ran, as places among those read; nil where the layer is not routed.
    package internal(set) var imageRowsRun: [[Int]?] = []

    init() {}

    init(_ tally: RoutingTally, routed: [Int]) {
      layers = tally.layers
      imageSkipRatio = tally.imageSkipRatio(in: routed)
      skipRatio = tally.skipRatio(in: routed)
      skippedByLayer = tally.skippedByLayer
      flops = tally.flops
      denseFLOPs = tally.denseFLOPs
      imageRowsRun = tally.imageRowsRun
    }
  }

  package internal(set) var text = ""
  /// Tokens of the answer, without the one that ends the turn.
  package internal(set) var ids: [Int] = []
  package internal(set) var finishReason = FinishReason.cancelled
  /// The stop string that ended the answer.
  package internal(set) var stopString: String?
  package internal(set) var promptTokens = 0
  package internal(set) var imageTokens = 0
  /// Rows of the prompt that earlier requests had read already.
  package internal(set) var reusedTokens = 0
  package internal(set) var times = Times()
  /// Of the rows of the prompt that were read for this request.
  package internal(set) var prompt = Routing()
  /// Of generated tokens.
  package internal(set) var generated = Routing()
  /// Keys and values of the whole sequence.
  package internal(set) var cacheBytes = 0
  /// What keys and values of all its rows would take.
  package internal(set) var denseCacheBytes = 0
}

/// What happens to a request, in this order.
package enum AnswerEvent: Sendable {
  /// It was let in; so much will it need.
  case admitted(RequestNeed)
  /// One of its pictures has been encoded, or was found encoded.
  case pictureRead(index: Int, count: Int)
  /// So many rows of the prompt have been read, those taken over included.
  case promptProgress(rows: Int, of: Int)
  /// More of the answer's text, never half a character.
  case text(String)
  case finished(Answer)
  /// It cannot be answered; nothing follows.
  case failed(AnswerError)
}

/// What a request takes before it is let in.
package struct RequestNeed: Sendable, Equatable {
  /// Rows of prompt and answer at most.
  package let rows: Int
  /// Bytes of keys and values at most.
  package let cacheBytes: Int
}
