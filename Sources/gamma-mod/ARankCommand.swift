import Answering
import ArgumentParser
import Benchmarks
import Checkpoints
import Evaluation
import Files
import Foundation
import Images
import Loading
import Logging
import MixtureOfDepths
import Models
import StrictJSON
import Tensors
import Tokenization
import Wording

struct ARankCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "arank",
    abstract: "Measure the rank of each layer's attention maps, which says where to route.",
    discussion: """
      Reads prompts with the dense model, its routers left out if it has any, and averages the rank of the attention \
      maps over heads and samples. The report goes to standard output, or into the file of --out.
      """)

  @Option(name: [.short, .long], help: "The model's folder.")
  var model: String

  @Option(
    help: ArgumentHelp(
      "A benchmark's folder, a folder of them, or a JSON Lines file of {\"image\", \"text\"}.",
      valueName: "path"))
  var data: String

  @Option(help: "How many questions to read, those of several benchmarks in turn.")
  var samples = 32

  @Option(
    name: [.customLong("conv-mode"), .customLong("chat-template")],
    help: "The conversation template that the model was trained with; by default the family's.")
  var template: String?

  @Option(
    help: "Format of the weights in memory: f32, bf16, int8 or int4; by default as stored, or f32.",
    transform: ModelOptions.precision)
  var dtype: WeightPrecision?

  @Option(name: [.short, .long], help: "Threads.")
  var threads = ProcessInfo.processInfo.activeProcessorCount

  @Flag(help: "Compute all singular values instead of counting those above the tolerance: far slower.")
  var exact = false

  @Option(help: "The JSON file to write.")
  var out: String?

  @Option(help: "The SVG file to draw.")
  var plot: String?

  func validate() throws {
    guard samples > 0 else { throw ValidationError("--samples: at least 1 is needed, not \(samples)") }
    guard threads > 0 else { throw ValidationError("--threads: at least 1 is needed, not \(threads)") }
  }

  func run() throws {
    let template = try template.map(ConversationTemplate.named)
    let items = try QuestionSamples.read(URL(fileURLWithPath: data), count: samples)
    let session = try VisionLanguageSession(
      URL(fileURLWithPath: model), precision: dtype, routing: .ignored, template: template, threads: threads,
      onRead: ProgressLine.loading())
    let report = try measure(session, items)
    let text = try report.json.text(.pretty) + "\n"
    if let plot { try AtomicFile.write(report.svg, to: URL(fileURLWithPath: plot)) }
    if let out {
      try AtomicFile.write(text, to: URL(fileURLWithPath: out))
    } else {
      try StandardOutput.write(text)
    }
  }

  private func measure(_ session: VisionLanguageSession, _ items: [BenchmarkItem]) throws -> ARankReport {
    let progress = ProgressLine("arank")
    defer { progress.end() }
    progress.show(0, of: items.count)
    return try SampleReader(session).ranks(
      items, method: exact ? .singularValues : .counting, model: model, data: data
    ) {
      progress.show($0, of: items.count)
    }
  }
}
