import ArgumentParser
import Foundation
import Generation
import MixtureOfDepths
import Models
import StrictJSON
import Tensors

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Time a model dense and routed, in alternation, on the same rows.",
    discussion: """
      A routed model is compared with its own weights run densely; a dense model, and every --shape, gets a random router \
      on all layers but the first three and the last. Medians over the alternations.
      """)

  @Option(name: [.short, .long], help: "A model folder.")
  var model: String?

  @Option(
    help: "A decoder of random weights: \(ModelShape.allCases.map(\.rawValue).joined(separator: ", ")).")
  var shape: String?

  @Option(help: "Image tokens of the prompt; the model's own count if left out.")
  var imageTokens: Int?

  @Option(help: "Text tokens of the prompt.")
  var textTokens = 32

  @Option(help: "Tokens to generate.")
  var decodeTokens = 16

  @Option(help: "Share of the image rows to skip; the model's own rule if left out, 0.5 for random routers.")
  var skip: Double?

  @Option(
    help: "Format of the weights in memory: f32, bf16, int8 or int4; by default as stored, or f32.",
    transform: ModelOptions.precision)
  var dtype: WeightPrecision?

  @Option(name: [.customLong("repeat")], help: "Alternations.")
  var repeats = 5

  @Option(name: [.short, .long], help: "Threads.")
  var threads = ProcessInfo.processInfo.activeProcessorCount

  @Flag(help: "Time a training step, forward and backward, instead of a prompt and its answer.")
  var training = false

  @Flag(help: "Also time the dense model's prompt while ARank is measured.")
  var arank = false

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    guard (model == nil) != (shape == nil) else { throw ValidationError("give either --model or --shape") }
    guard repeats >= 1, textTokens >= 1, decodeTokens >= 0, imageTokens ?? 0 >= 0, threads >= 1 else {
      throw ValidationError("counts must be positive")
    }
    if arank, training { throw ValidationError("--arank: a training step has no ARank to measure") }
    if let skip, !(0...1).contains(skip) { throw ValidationError("--skip takes a share between 0 and 1") }
    if let shape, ModelShape(rawValue: shape) == nil {
      throw ValidationError(
        "--shape is one of \(ModelShape.allCases.map(\.rawValue).joined(separator: ", "))")
    }
  }

  func run() throws {
    let backend = Backend(threads: threads)
    let (dense, routed, tokens) = try models()
    let workload = SpeedComparison.Workload(
      imageTokens: imageTokens ?? tokens, textTokens: textTokens, decodeTokens: training ? 0 : decodeTokens,
      repeats: repeats, isTraining: training, measuresRank: arank)
    let comparison = try SpeedComparison(dense: dense, routed: routed, workload: workload, backend: backend)
    let head: [(String, JSONValue)] = [
      ("model", .string(model ?? shape ?? "")), ("dtype", .string((dtype ?? dense.precision).rawValue)),
      ("threads", JSONValue(threads)),
      ("backend", .string(backend.summary)), ("image_tokens", JSONValue(workload.imageTokens)),
      ("text_tokens", JSONValue(textTokens)),
      ("skip_target", JSONValue(skip ?? routed.routing?.capacityFactor ?? 0)),
    ]
    if json { return try StandardOutput.write(line: JSONObject(head + comparison.json).text()) }
    try StandardOutput.write(
      line: BenchTable(comparison, backend: backend.summary, isTraining: training).text)
  }

  private func models() throws -> (dense: VisionLanguageModel, routed: VisionLanguageModel, imageTokens: Int)
  {
    if let shape = shape.flatMap(ModelShape.init(rawValue:)) {
      let dense = try shape.model(dtype ?? .float32)
      return (dense, dense.routedAtRandom(skip: skip ?? 0.5), shape.imageTokens)
    }
    let url = URL(fileURLWithPath: model ?? "")
    let dense = try GammaModel.load(url, precision: dtype, routing: .ignored)
    let stored = try GammaModel.load(url, precision: dtype, routing: skip.map { .skip($0) } ?? .asStored)
    let routed = stored.routing == nil ? dense.routedAtRandom(skip: skip ?? 0.5) : stored
    return (dense, routed, dense.images.map { $0.tokenCount(of: $0.blank) } ?? 0)
  }
}
