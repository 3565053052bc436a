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

  @Option(name: [.short, .long], help: "The model's folder, or a GGUF file.")
  var model: PathArgument

  @OptionGroup var companions: ModelCompanions

  @Option(
    help: ArgumentHelp(
      "A benchmark's folder, a folder of them, or a JSON Lines file of {\"image\", \"text\"}.",
      valueName: "path"))
  var data: PathArgument

  @Option(help: "How many questions to read, those of several benchmarks in turn.")
  var samples = 32

  @Option(
    name: [.customLong("conv-mode"), .customLong("chat-template")],
    help: ArgumentHelp(
      "The conversation template that the model was trained with; by default the family's.",
      valueName: "conv-mode"),
    transform: TemplateChoice.named)
  var template: TemplateChoice?

  @Option(
    help: "Format of the weights in memory: f32, bf16, int8 or int4; by default f32, or packed as stored.",
    transform: WeightPrecision.argument)
  var dtype: WeightPrecision?

  @Option(name: [.short, .long], help: "Threads.")
  var threads = ProcessInfo.processInfo.activeProcessorCount

  @Flag(help: "Compute all singular values instead of counting those above the tolerance: far slower.")
  var exact = false

  @OptionGroup var pictureLimits: PictureLimits

  @Option(help: "The JSON file to write.")
  var out: PathArgument?

  @Option(help: "The SVG file to draw.")
  var plot: PathArgument?

  @Flag(help: "Replace the files of --out and --plot if they are there.")
  var overwrite = false

  func validate() throws {
    try Bounds.check("--samples", samples, Bounds.any)
    try Bounds.check("--threads", threads, Bounds.threads)
    guard !overwrite || out != nil || plot != nil else {
      throw ValidationError("--overwrite needs --out or --plot")
    }
  }

  func run() throws {
    let places = try OutputPlaces(
      [out, plot].compactMap { $0 }, overwrite: overwrite,
      inputs: [model, data] + [companions.modelBase, companions.projector].compactMap { $0 })
    let place = try companions.checkedPlace(model)
    let items = try QuestionSamples.read(data.url, count: samples)
    let session = try VisionLanguageSession(
      place, precision: dtype, routing: .ignored, template: template?.template, threads: threads,
      onRead: ProgressLine.loading())
    let report = try measure(session, items)
    let text = try report.json.text(.pretty) + "\n"
    // What cannot be written into its file any more is not lost.
    guard let out else {
      try StandardOutput.write(text)
      try plot.map { try places.write(report.svg, to: $0) }
      return
    }
    do {
      try places.write(text, to: out)
    } catch {
      try StandardOutput.write(text)
      throw error
    }
    try plot.map { try places.write(report.svg, to: $0) }
  }

  private func measure(_ session: VisionLanguageSession, _ items: [BenchmarkItem]) throws -> ARankReport {
    let progress = ProgressLine("arank")
    defer { progress.end() }
    progress.show(0, of: items.count)
    return try SampleReader(session, imageLimits: pictureLimits.limits).ranks(
      items, method: exact ? .singularValues : .counting, model: model.path, data: data.path
    ) {
      progress.show($0, of: items.count)
    }
  }
}
