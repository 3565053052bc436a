import ArgumentParser
import Benchmarks
import Evaluation
import Files
import Foundation
import Loading
import Logging
import MixtureOfDepths
import Models
import Tensors
import Wording

struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert", abstract: "Turn a dense model into a mixture-of-depths model, ready for tuning.",
    discussion: """
      The layers of the highest ARank stay dense; the others get a shared, nearly undecided router. Before anything \
      is skipped the converted model computes nearly what the dense one does. Without --dense-layers, --threshold \
      and --layers, 4 layers stay dense. By default tokens keep their positions, and the router starts from the attention that image tokens receive in the \
      dense model while it reads the questions of --data, or those that ARank was measured with: that loses least. The \
      released code of γ-MoD does otherwise: --positions compact --router random. Either way the model is to be tuned.
      """)

  /// What a router's first values come from.
  enum RouterStart: String, ExpressibleByArgument, CaseIterable {
    case attention, random
  }

  @Option(name: [.short, .long], help: "The dense model's folder, or a GGUF file.")
  var model: PathArgument

  @OptionGroup var companions: ModelCompanions

  @Option(help: "What `gamma-mod arank` wrote; not needed with --layers.")
  var arank: PathArgument?

  @Option(help: "How many layers stay dense.")
  var denseLayers: Int?

  @Option(help: "Layers with an ARank of at least this stay dense.")
  var threshold: Double?

  @Option(help: ArgumentHelp("The layers to route, from 0, with commas between them.", valueName: "i,j,…"))
  var layers: LayerList?

  @Option(
    help: "The ARank that decides: plain, or strict_lower as in the released code. (default: strict_lower)")
  var variant: ARankReport.Variant?

  @Option(help: "The share of image tokens that routed layers skip.")
  var skip = 0.5

  @Option(
    help:
      "Positions within routed layers: original keeps the tokens' places, compact counts those that run, as in the released code."
  )
  var positions = LayerPlan.Positions.original

  @Option(help: "The tokens of text that training never skips; when the model answers, it never skips any.")
  var protect = RoutingConfiguration.Protection.questionAndAnswer

  @Option(help: "The format of the written weights; by default that of the dense model.")
  var dtype: DType?

  @Option(
    help:
      "How the router starts: attention, or random as in the released code; attention if there are questions."
  )
  var router: RouterStart?

  @Option(help: "What a random router's first values follow from. (default: 1)")
  var seed: UInt64?

  @Option(help: "Questions with pictures, as for arank, for --router attention; by default those of --arank.")
  var data: PathArgument?

  @Option(help: "How many of the questions to read. (default: 50)")
  var samples: Int?

  @Option(name: [.short, .long], help: "Threads for reading them.")
  var threads = ProcessInfo.processInfo.activeProcessorCount

  @OptionGroup var pictureLimits: PictureLimits

  @Option(help: "The folder to write.")
  var out: PathArgument

  @Flag(help: "Replace a model that is there.")
  var overwrite = false

  func validate() throws {
    let choices = [denseLayers != nil, threshold != nil, layers != nil].count { $0 }
    guard choices <= 1 else {
      throw ValidationError("--dense-layers, --threshold and --layers exclude each other")
    }
    guard layers != nil || arank != nil else {
      throw ValidationError("--arank is needed to choose layers; or name them by --layers")
    }
    try Bounds.check("--skip", share: skip)
    try Bounds.check("--samples", samples, Bounds.any)
    try Bounds.check("--threads", threads, Bounds.threads)
    try Bounds.check("--dense-layers", denseLayers, 0...Int.max)
    if let threshold, !threshold.isFinite {
      throw ValidationError("--threshold: a finite number is needed, not \(threshold)")
    }
    try Bounds.refuse(
      [
        ("--arank", layers != nil && arank != nil && (data != nil || router == .random)),
        ("--variant", layers != nil && variant != nil),
      ],
      "--layers names the layers, whatever their ARank is")
    try Bounds.refuse(
      [("--data", router == .random && data != nil), ("--samples", router == .random && samples != nil)],
      "a random router reads no questions")
    try Bounds.refuse(
      [("--seed", (router == .attention || data != nil) && seed != nil)],
      "a router that starts from attention has nothing random")
    guard router != .attention || data != nil || arank != nil else {
      throw ValidationError("--router attention needs the questions of --data or --arank")
    }
  }

  func run() throws {
    var conversion = ModelConversion()
    if let denseLayers { conversion.choice = .allButHighest(denseLayers) }
    if let threshold { conversion.choice = .below(threshold) }
    if let layers { conversion.choice = .listed(layers.indices) }
    if let variant { conversion.variant = variant }
    conversion.skip = skip
    conversion.positions = positions
    conversion.protection = protect
    if let seed { conversion.seed = seed }
    let log = Logger(label: "convert")
    try OutputPlace(out.url, .folder, mayReplace: overwrite).check(
      inputs: companions.place(model).urls + [arank?.url, data?.url].compactMap { $0 })
    let place = try companions.checkedPlace(model)
    let report = try arank.map { try ARankReport(contentsOf: $0.url) }
    if let decoder = try GammaInspection(place).model.sizes?.decoder {
      _ = try conversion.routedLayers(report, of: decoder)
    }
    let fitted = try fittedRouter(conversion, report, log)
    let routed = try conversion.convert(
      place, report: report, router: fitted, to: out.url, dtype: dtype,
      mayReplace: overwrite, onRead: ProgressLine.loading())
    let list = routed.map(String.init).joined(separator: ", ")
    let start = fitted == nil ? "at random" : "from attention"
    log.info(
      "wrote \(out): routed layers \(list); \(positions.rawValue) positions, the router starts \(start)")
    log.info("the model has not been tuned yet; tune it by `gamma-mod train` before its answers count")
  }

  /// The router's first values; nil for random ones.
  private func fittedRouter(_ conversion: ModelConversion, _ report: ARankReport?, _ log: Logger) throws
    -> Tensor?
  {
    guard router != .random else { return nil }
    if let data { return try fittedRouter(conversion, report, questions: data.url) }
    let isAsked = router == .attention
    guard let questions = report.flatMap(measuredQuestions) else {
      guard !isAsked else {
        throw StreamError(
          "\(report?.data ?? "none"): the questions that ARank was measured with are not there; name some by --data"
        )
      }
      log.notice(
        "no questions are there to start the router from attention, so it starts at random; name some by --data"
      )
      return nil
    }
    do {
      return try fittedRouter(conversion, report, questions: questions)
    } catch  where !isAsked && !((error as? ModelError)?.isChoice ?? false) {
      log.notice("the router starts at random: \(Failure.sentence(error))")
      return nil
    }
  }

  /// Where a report's questions are, seen from here or from the report.
  private func measuredQuestions(_ report: ARankReport) -> URL? {
    let folders = [nil, arank?.url.deletingLastPathComponent()]
    return folders.map { URL(fileURLWithPath: report.data, relativeTo: $0) }
      .first { !report.data.isEmpty && Disk.kind(of: $0) != nil }
  }

  private func fittedRouter(_ conversion: ModelConversion, _ report: ARankReport?, questions: URL) throws
    -> Tensor
  {
    let items = try QuestionSamples.read(questions, count: samples ?? 50)
    let progress = ProgressLine("convert")
    defer { progress.end() }
    progress.show(0, of: items.count)
    return try conversion.fittedRouter(
      companions.place(model), report: report, items: items, threads: threads,
      imageLimits: pictureLimits.limits, onProgress: { progress.show($0, of: items.count) },
      onRead: ProgressLine.loading())
  }
}

/// Layer indices with commas between them.
struct LayerList: ExpressibleByArgument {
  let indices: [Int]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    indices = parts.compactMap { Int($0.trimmingCharacters(in: .whitespaces)) }
    guard !indices.isEmpty, indices.count == parts.count else { return nil }
  }
}
