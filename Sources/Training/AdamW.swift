internal import Dispatch
internal import Tensors

/// AdamW (Loshchilov & Hutter 2019) over a model's parameters, with gradient clipping by the global norm.
///
/// Safe to share with the parallel loop of one step: it splits the parameters among the threads.
final class AdamW: @unchecked Sendable {
  struct Moments {
    let mean: Tensor
    let variance: Tensor
  }

  let parameters: [Parameter]
  private(set) var moments: [Moments]
  private let settings: Settings
  private let backend = Backend()
  private let threads: Int

  init(_ parameters: [Parameter], _ settings: Settings, threads: Int) {
    self.parameters = parameters
    self.settings = settings
    // No more than there is work for, whatever was asked for.
    self.threads = max(1, min(threads, parameters.count))
    moments = parameters.map { Moments(mean: .zeros($0.shape), variance: .zeros($0.shape)) }
  }

  /// Whether no parameter or moment is NaN or infinite.
  var isFinite: Bool {
    parameters.allSatisfy(\.tensor.isFinite)
      && moments.allSatisfy { $0.mean.isFinite && $0.variance.isFinite }
  }

  func restore(_ moments: [Moments]) { self.moments = moments }

  /// Adds the gradient sums of all stores into the first and takes one step.
  /// - Parameter step: Counted from 0.
  /// - Returns: The norm of the gradient before clipping.
  func step(_ stores: [GradientStore], rate: Double, step: Int) -> Double {
    let total = parameters.map { parameter -> Tensor? in
      let parts = stores.compactMap { $0.gradient(of: parameter) }
      for part in parts.dropFirst() { backend.addInPlace(parts[0], part) }
      return parts.first
    }
    let norm = total.reduce(0.0) { $0 + ($1.map(backend.sumOfSquares) ?? 0) }.squareRoot()
    // A gradient that is not finite would destroy the weights for good: such a step is left out.
    guard norm.isFinite else { return norm }
    let clip = settings.gradientClip > 0 && norm > settings.gradientClip ? settings.gradientClip / norm : 1
    DispatchQueue.concurrentPerform(iterations: threads) { [self] thread in
      for (index, parameter) in parameters.enumerated() where index % threads == thread {
        guard let gradient = total[index] else { continue }
        backend.adamW(
          parameter.tensor, gradient: gradient, mean: moments[index].mean, variance: moments[index].variance,
          range: 0..<parameter.tensor.count, rate: Float(rate), beta1: Float(settings.beta1),
          beta2: Float(settings.beta2), epsilon: Float(settings.epsilon),
          decay: parameter.shape.count > 1 ? Float(settings.weightDecay) : 0, step: step + 1,
          gradientScale: Float(clip))
      }
    }
    return norm
  }
}
