import Answering
import ArgumentParser
import Foundation
import MixtureOfDepths
import Models
import Speed
import StrictJSON
import Tensors
import Wording

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Time a model dense and routed, in alternation, on the same rows.",
    discussion: """
      A routed model is compared with its own weights run densely; a dense model, and every --shape, gets a random router \
      on all layers but the first few and the last. Medians over the alternations. With --picture the time from the \
      file to the first token is taken as well: reading, decoding, resizing, towers, projector, prompt and first logits.
      """)

  @Option(name: [.short, .long], help: "A model folder.")
  var model: String?

  @Option(
    help: "A model of random weights: \(ModelShape.allCases.map(\.rawValue).joined(separator: ", ")).")
  var shape: String?

  @Option(
    help:
      "Time only a vision tower of random weights: \(TowerShape.allCases.map(\.rawValue).joined(separator: ", ")).",
    transform: BenchCommand.tower)
  var tower: TowerShape?

  @Option(help: "A picture file; its rows are the prompt's image tokens, and it is read anew for every pass.")
  var picture: String?

  @Option(help: "Image tokens of the prompt; the model's own count if left out.")
  var imageTokens: Int?

  @Option(help: "Text tokens of the prompt.")
  var textTokens = 32

  @Option(help: "Tokens to generate.")
  var decodeTokens = 16

  @Option(help: "Share of the image rows to skip; the model's own rule if left out, 0.5 for random routers.")
  var skip: Double?

  @Option(help: "Layers that stay dense beside a random router: the last one and the first ones.")
  var denseLayers = VisionLanguageModel.officialDenseLayers

  @Option(help: "A random router's p from which on a generated token runs; 0.5 if left out.")
  var decodeThreshold: Float?

  @Option(
    help: "Find the threshold by which generated tokens skip this share of the routed layers, and use that.")
  var decodeSkip: Double?

  @Option(
    help: "Format of the weights in memory: f32, bf16, int8 or int4; by default as stored, or f32.",
    transform: ModelOptions.precision)
  var dtype: WeightPrecision?

  @Option(
    name: .customLong("kv-cache-dtype"),
    help: "Format in which keys and values are kept: f32, f16 or int8. (default: f32)",
    transform: ModelOptions.cacheFormat)
  var cacheFormat = KeyValueFormat.float32

  @Option(name: [.customLong("repeat")], help: "Alternations.")
  var repeats = 5

  @Option(
    help:
      "The variant of the kernels, such as avx512, avx2 or portable; by default the fastest of this processor."
  )
  var kernels: String?

  @Option(name: [.short, .long], help: "Threads.")
  var threads = ProcessInfo.processInfo.activeProcessorCount

  @Flag(help: "Time a training step, forward and backward, instead of a prompt and its answer.")
  var training = false

  @Flag(
    help:
      "Also time the dense model's prompt while ARank is measured (of maps without their diagonal, as released)."
  )
  var arank = false

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    guard [model, shape, tower?.rawValue].compactMap({ $0 }).count == 1 else {
      throw ValidationError("give one of --model, --shape and --tower")
    }
    guard repeats >= 1, textTokens >= 1, decodeTokens >= 0, imageTokens ?? 0 >= 0, threads >= 1,
      denseLayers >= 1
    else {
      throw ValidationError("counts must be positive")
    }
    if let kernels, !Backend.kernelVariants.contains(kernels) {
      throw ValidationError(
        "--kernels: this processor runs \(Backend.kernelVariants.joined(separator: ", "))")
    }
    if arank, training { throw ValidationError("--arank: a training step has no ARank to measure") }
    if let skip, !(0...1).contains(skip) { throw ValidationError("--skip takes a share between 0 and 1") }
    if let decodeSkip,
      !(0...1).contains(decodeSkip) || decodeThreshold != nil || decodeTokens == 0 || training
    {
      throw ValidationError(
        "--decode-skip takes a share between 0 and 1 and needs generated tokens; --decode-threshold excludes it"
      )
    }
    if let shape, ModelShape(rawValue: shape) == nil {
      throw ValidationError(
        "--shape is one of \(ModelShape.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    if picture != nil, imageTokens != nil || training || tower != nil {
      throw ValidationError("--picture goes with neither --image-tokens nor --training nor --tower")
    }
  }

  private static func tower(_ name: String) throws -> TowerShape {
    guard let tower = TowerShape(rawValue: name) else {
      throw ValidationError(
        "--tower is one of \(TowerShape.allCases.map(\.rawValue).joined(separator: ", ")), not \(name)")
    }
    return tower
  }

  func run() throws {
    // The portable kernels multiply as well, so that nothing depends on the processor.
    let backend = Backend(
      kernels: kernels, matrixLibrary: kernels == "portable" ? .portable : .system, threads: threads)
    if let tower { return try time(tower, backend) }
    let subject = try BenchSubject(
      model: model, shape: shape, precision: dtype, skip: skip,
      denseLayers: denseLayers, decodeThreshold: decodeThreshold)
    var workload = SpeedComparison.Workload(
      imageTokens: imageTokens ?? subject.imageTokens, textTokens: textTokens,
      decodeTokens: training ? 0 : decodeTokens, repeats: repeats, isTraining: training, measuresRank: arank)
    workload.picture = subject.picture
    workload.cacheFormat = cacheFormat
    let progress = ProgressLine("bench")
    defer { progress.end() }
    workload.onProgress = { progress.show($0, of: $1) }
    if let picture {
      let load = try subject.loader(of: picture)
      workload.loadsPicture = load
      workload.imageTokens = try subject.tokenCount(of: load())
    }
    let dense = subject.dense
    let routed =
      try decodeSkip.map {
        try SpeedComparison.decodingModel(
          subject.routed, skipping: $0, workload: workload, backend: backend)
      } ?? subject.routed
    let comparison = try SpeedComparison(dense: dense, routed: routed, workload: workload, backend: backend)
    progress.end()
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

  private func time(_ tower: TowerShape, _ backend: Backend) throws {
    let precision = dtype ?? .float32
    let progress = ProgressLine("bench")
    let timing = try TowerTiming(tower, precision, repeats: repeats, backend: backend) {
      progress.show($0, of: $1)
    }
    progress.end()
    guard json else {
      let line = String(format: "%.1f ms, median of %d", timing.median * 1000, repeats)
      return try StandardOutput.write(
        line: "\(backend.summary)\n\(tower.rawValue) \(precision.rawValue): \(line)")
    }
    let head: [(String, JSONValue)] = [
      ("tower", .string(tower.rawValue)), ("dtype", .string(precision.rawValue)),
      ("threads", JSONValue(threads)), ("backend", .string(backend.summary)),
    ]
    try StandardOutput.write(line: JSONObject(head + timing.json).text())
  }
}
