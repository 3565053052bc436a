internal import Answering
package import Benchmarks
internal import Foundation
package import Images
package import Loading
package import MixtureOfDepths
package import Models
package import Tensors

/// What conversion wants to know about a dense model.
extension SampleReader {
  /// ARank of every layer over some questions.
  /// - Parameters:
  ///   - model, data: What the report names as measured.
  ///   - onProgress: Receives how many questions have been read.
  /// - Throws: `ModelError` that names the layer if an attention map has no rank.
  package func ranks(
    _ items: [BenchmarkItem], method: RankMeter.Method = .counting, model: String, data: String,
    onProgress: (Int) throws -> Void = { _ in }
  ) throws -> ARankReport {
    let meter = RankMeter(
      layers: session.model.decoder.layers.count, backend: session.backend, method: method)
    let means: Means
    do {
      means = try read(
        items, observer: meter,
        onProgress: { done in
          try meter.check()
          try onProgress(done)
        })
    } catch {
      // The layer says more than the logits behind all layers.
      try meter.check()
      throw error
    }
    return ARankReport(
      model: model, data: data, samples: items.count, meanTokens: means.tokens, plain: try meter.plain,
      strictLower: try meter.strictLower)
  }

  /// A first router: the direction of the image rows that the dense model attends to.
  /// - Parameter routed: The layers that are to be routed.
  /// - Shape: `[2, width]`
  package func attentionRouter(
    _ items: [BenchmarkItem], routed: [Int], onProgress: (Int) throws -> Void = { _ in }
  ) throws -> Tensor {
    let fit = RouterFit(session.model.decoder, routed: routed, backend: session.backend)
    _ = try read(items, observer: fit, willRead: { fit.begin($0.roles) }, onProgress: onProgress)
    // The deviation of p's logit that still leaves p about one half, as a converted model wants it.
    return try fit.weight(spread: 0.2)
  }
}

extension ModelConversion {
  /// The first router of a folder that is to be converted, from the attention that image rows receive in its dense model.
  /// - Parameters:
  ///   - report: As for `routedLayers`.
  ///   - imageLimits: What picture files may cost.
  /// - Shape: `[2, width]`
  package func fittedRouter(
    _ source: some ModelPlacing, report: ARankReport?, items: [BenchmarkItem], threads: Int,
    imageLimits: ImageLimits = ImageLimits(), registry: ModelRegistry = .standard,
    onProgress: (Int) throws -> Void = { _ in },
    onRead: @escaping (_ read: Int, _ all: Int) -> Void = { _, _ in }
  ) throws -> Tensor {
    try Self.convertible(source)
    let session = try VisionLanguageSession(
      source, routing: .ignored, threads: threads, registry: registry, onRead: onRead)
    let routed = try routedLayers(report, of: session.model.decoder.configuration)
    return try SampleReader(session, imageLimits: imageLimits).attentionRouter(
      items, routed: routed, onProgress: onProgress)
  }
}
