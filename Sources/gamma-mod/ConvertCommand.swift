import ArgumentParser
import Benchmarks
import Evaluation
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
      and --layers, 4 layers stay dense.
      """)

  @Option(name: [.short, .long], help: "The dense model's folder.")
  var model: String

  @Option(help: "What `gamma-mod arank` wrote; not needed with --layers.")
  var arank: String?

  @Option(help: "How many layers stay dense.")
  var denseLayers: Int?

  @Option(help: "Layers with an ARank of at least this stay dense.")
  var threshold: Double?

  @Option(help: ArgumentHelp("The layers to route, from 0, with commas between them.", valueName: "i,j,…"))
  var layers: LayerList?

  @Option(help: "The ARank that decides: plain, or strict_lower as in the released code.")
  var variant = ARankReport.Variant.strictLower

  @Option(help: "The share of image tokens that routed layers skip.")
  var skip = 0.5

  @Option(
    help: "Positions within routed layers: compact counts the tokens that run, original keeps their places.")
  var positions = LayerPlan.Positions.compact

  @Option(help: "The tokens of text that training never skips; when the model answers, it never skips any.")
  var protect = RoutingConfiguration.Protection.questionAndAnswer

  @Option(help: "The format of the written weights; by default that of the dense model.")
  var dtype: DType?

  @Option(help: "What a random router's first values follow from.")
  var seed: UInt64 = 1

  @Option(
    help: """
      Questions with pictures, as for arank: the router then starts from the attention that image tokens receive in \
      the dense model, instead of at random.
      """)
  var data: String?

  @Option(help: "How many questions of --data to read.")
  var samples = 50

  @Option(name: [.short, .long], help: "Threads for reading them.")
  var threads = ProcessInfo.processInfo.activeProcessorCount

  @Option(help: "The folder to write.")
  var out: String

  func validate() throws {
    let choices = [denseLayers != nil, threshold != nil, layers != nil].count { $0 }
    guard choices <= 1 else {
      throw ValidationError("--dense-layers, --threshold and --layers exclude each other")
    }
    guard layers != nil || arank != nil else {
      throw ValidationError("--arank is needed to choose layers; or name them by --layers")
    }
    guard (0...1).contains(skip) else {
      throw ValidationError("--skip: a share between 0 and 1 is needed, not \(skip)")
    }
    guard samples > 0, threads > 0 else {
      throw ValidationError("--samples and --threads must be at least 1")
    }
    if let denseLayers, denseLayers < 0 {
      throw ValidationError("--dense-layers: a count is needed, not \(denseLayers)")
    }
  }

  func run() throws {
    var conversion = ModelConversion()
    if let denseLayers { conversion.choice = .allButHighest(denseLayers) }
    if let threshold { conversion.choice = .below(threshold) }
    if let layers { conversion.choice = .listed(layers.indices) }
    conversion.variant = variant
    conversion.skip = skip
    conversion.positions = positions
    conversion.protection = protect
    conversion.seed = seed
    let report = try arank.map { try ARankReport(contentsOf: URL(fileURLWithPath: $0)) }
    let source = URL(fileURLWithPath: model)
    let router = try data.map { try fittedRouter(source, conversion, report, data: URL(fileURLWithPath: $0)) }
    let routed = try conversion.convert(
      source, report: report, router: router, to: URL(fileURLWithPath: out), dtype: dtype,
      onRead: ProgressLine.loading())
    let list = routed.map(String.init).joined(separator: ", ")
    Logger(label: "convert").info("wrote \(out): routed layers \(list)")
  }

  private func fittedRouter(
    _ source: URL, _ conversion: ModelConversion, _ report: ARankReport?, data: URL
  ) throws -> Tensor {
    let items = try QuestionSamples.read(data, count: samples)
    let progress = ProgressLine("convert")
    defer { progress.end() }
    progress.show(0, of: items.count)
    return try conversion.fittedRouter(
      source, report: report, items: items, threads: threads,
      onProgress: { progress.show($0, of: items.count) }, onRead: ProgressLine.loading())
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
