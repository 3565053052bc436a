internal import Answering
internal import Benchmarks
internal import Evaluation
internal import Files
public import Foundation
internal import Loading
internal import MixtureOfDepths
internal import StrictJSON
internal import Tensors

/// How many ranks the attention maps of each layer have, in the mean over heads and questions. Layers of a low ARank can skip
/// tokens with little loss.
public struct ARank: Sendable, Equatable {
  let report: ARankReport

  /// Lets a model read questions, without answering them. Routers are left out.
  /// - Parameters:
  ///   - folder: The model's folder.
  ///   - questions: A benchmark's folder, a folder of such, or a JSON Lines file of `{"image": path, "text": question}` with
  ///     paths that start from the file's folder.
  ///   - count: The most questions to read; those of several benchmarks in turn.
  ///   - weights: Their format in memory; nil for packed weights as they are stored and others as float32, in which ranks
  ///     are counted.
  ///   - threads: The most threads that one operation uses, at least 1.
  ///   - families: The families that can be loaded.
  ///   - onProgress: Receives how many questions have been read, of how many, on a thread of the measurement.
  /// - Throws: `.questions` if there are none, what loading throws, or `.cancelled`.
  public static func measure(
    _ folder: URL, questions: URL, count: Int = 32, weights: WeightFormat? = nil,
    threads: Int = ProcessInfo.processInfo.activeProcessorCount, families: ModelFamilies = .standard,
    onProgress: @escaping @Sendable (Int, Int) -> Void = { _, _ in }
  ) async throws(GammaModError) -> ARank {
    try await Worker.run { cancellation in
      let items = try QuestionSamples.read(questions, count: count)
      let session = try VisionLanguageSession(
        folder, precision: weights?.precision, routing: .ignored, threads: max(1, threads),
        registry: families.registry)
      let report = try SampleReader(session).ranks(items, model: folder.path, data: questions.path) { done in
        try cancellation.check()
        onProgress(done, items.count)
      }
      return ARank(report: report)
    }
  }

  private init(report: ARankReport) { self.report = report }

  /// Reads what `write` or `gamma-mod arank` has written.
  /// - Throws: `.json` if the file cannot be read or is something else.
  public init(contentsOf file: URL) throws(GammaModError) {
    report = try GammaModError.translating { try ARankReport(contentsOf: file) }
  }

  /// Writes a JSON file that `gamma-mod convert` reads as well.
  /// - Throws: `.file` if it cannot be written; what was there before is unchanged.
  public func write(to file: URL) throws(GammaModError) {
    try GammaModError.translating { try AtomicFile.write(report.json.text(.pretty) + "\n", to: file) }
  }

  /// The mean rank of each layer's attention maps without their diagonals, as γ-MoD's released code takes it.
  public var byLayer: [Double] { report.strictLower }

  /// The layers from the highest ARank to the lowest; the first ones should stay dense.
  public var denseOrder: [Int] { report.order() }
}
