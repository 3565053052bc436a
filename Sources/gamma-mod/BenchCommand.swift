import Answering
import ArgumentParser
import Foundation
import Loading
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

  @Option(name: [.short, .long], help: "A model folder, or a GGUF file.")
  var model: PathArgument?

  @OptionGroup var companions: ModelCompanions

  @Option(
    help: "A model of random weights: \(ModelShape.allCases.map(\.rawValue).joined(separator: ", ")).")
  var shape: String?

  @Option(
    help:
      "Time only a vision tower of random weights: \(TowerShape.allCases.map(\.rawValue).joined(separator: ", ")).",
    transform: BenchCommand.tower)
  var tower: TowerShape?

  @Option(help: "A picture file; its rows are the prompt's image tokens, and it is read anew for every pass.")
  var picture: PathArgument?

  @OptionGroup var pictureLimits: PictureLimits

  @Option(help: "Image tokens of the prompt; the model's own count if left out.")
  var imageTokens: Int?

  @Option(help: "Text tokens of the prompt. (default: 32)")
  var textTokens: Int?

  @Option(help: "Tokens to generate. (default: 16)")
  var decodeTokens: Int?

  @Option(help: "Share of the image rows to skip; the model's own rule if left out, 0.5 for random routers.")
  var skip: Double?

  @Option(
    help:
      "Layers that stay dense beside a random router: the last one and the first ones. (default: \(VisionLanguageModel.officialDenseLayers))"
  )
  var denseLayers: Int?

  @Option(help: "A random router's p from which on a generated token runs; 0.5 if left out.")
  var decodeThreshold: Float?

  @Option(
    help: "Find the threshold by which generated tokens skip this share of the routed layers, and use that.")
  var decodeSkip: Double?

  @Option(
    help:
      "Format of the weights in memory: f32, bf16, int8 or int4; by default as stored, f32 for random weights.",
    transform: WeightPrecision.argument)
  var dtype: WeightPrecision?

  @Option(
    name: .customLong("kv-cache-dtype"),
    help: "Format in which keys and values are kept: f32, f16 or int8. (default: f32)",
    transform: KeyValueFormat.argument)
  var cacheFormat: KeyValueFormat?

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
    guard [model != nil, shape != nil, tower != nil].count(where: { $0 }) == 1 else {
      throw ValidationError("give one of --model, --shape and --tower")
    }
    try Bounds.check("--repeat", repeats, Bounds.repeats)
    try Bounds.check("--threads", threads, Bounds.threads)
    try Bounds.check("--image-tokens", imageTokens, Self.tokens(from: 0))
    try Bounds.check("--text-tokens", textTokens, Self.tokens(from: 1))
    try Bounds.check("--decode-tokens", decodeTokens, Self.tokens(from: 0))
    try Bounds.check("--dense-layers", denseLayers, 1...Int.max)
    if let decodeThreshold, !decodeThreshold.isFinite {
      throw ValidationError("--decode-threshold: a finite number is needed, not \(decodeThreshold)")
    }
    try checkUse()
    if let kernels, !Backend.kernelVariants.contains(kernels) {
      throw ValidationError(
        "--kernels: this processor runs \(Backend.kernelVariants.joined(separator: ", "))")
    }
    if arank, training { throw ValidationError("--arank: a training step has no ARank to measure") }
    try Bounds.check("--skip", share: skip)
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

  /// More tokens than any context has room for.
  private static func tokens(from least: Int) -> ClosedRange<Int> { least...1 << 24 }

  /// Refuses flags that what is timed does not look at.
  private func checkUse() throws {
    try Bounds.refuse(
      [
        ("--model-base", companions.modelBase != nil && model == nil),
        ("--mmproj", companions.projector != nil && model == nil),
        ("--verify", companions.verification.verify && model == nil),
      ], "only a model that is read has others beside it")
    if tower != nil {
      try Bounds.refuse(
        [
          ("--image-tokens", imageTokens != nil), ("--text-tokens", textTokens != nil),
          ("--decode-tokens", decodeTokens != nil), ("--skip", skip != nil),
          ("--dense-layers", denseLayers != nil), ("--decode-threshold", decodeThreshold != nil),
          ("--decode-skip", decodeSkip != nil), ("--kv-cache-dtype", cacheFormat != nil),
          ("--training", training), ("--arank", arank),
        ], "a tower alone reads one picture and nothing else")
    }
    if training {
      try Bounds.refuse(
        [
          ("--decode-tokens", decodeTokens != nil), ("--decode-threshold", decodeThreshold != nil),
          ("--kv-cache-dtype", cacheFormat != nil),
        ], "a training step generates nothing")
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
    let precision =
      try dtype
      ?? (training ? nil : model.flatMap { try GammaModel.usualPrecision(companions.place($0)) })
    let subject = try BenchSubject(
      model: model.map { try companions.checkedPlace($0) }, shape: shape, precision: precision, skip: skip,
      denseLayers: denseLayers, decodeThreshold: decodeThreshold)
    var workload = SpeedComparison.Workload(
      imageTokens: imageTokens ?? subject.imageTokens, textTokens: textTokens ?? 32,
      decodeTokens: training ? 0 : decodeTokens ?? 16, repeats: repeats, isTraining: training,
      measuresRank: arank)
    workload.picture = subject.picture
    workload.cacheFormat = cacheFormat ?? .float32
    let progress = ProgressLine("bench")
    defer { progress.end() }
    workload.onProgress = { progress.show($0, of: $1) }
    if let picture {
      let load = try subject.loader(of: PictureInput(limits: pictureLimits.limits, exif: true), picture.path)
      workload.loadsPicture = load
      workload.imageTokens = try subject.tokenCount(of: load())
    }
    try workload.check(against: subject.dense)
    let dense = subject.dense
    let routed =
      try decodeSkip.map {
        try SpeedComparison.decodingModel(
          subject.routed, skipping: $0, workload: workload, backend: backend)
      } ?? subject.routed
    let comparison = try SpeedComparison(dense: dense, routed: routed, workload: workload, backend: backend)
    progress.end()
    let head: [(String, JSONValue)] = [
      ("model", .string(model?.path ?? shape ?? "")), ("dtype", .string((dtype ?? dense.precision).rawValue)),
      ("threads", JSONValue(threads)),
      ("backend", .string(backend.summary)), ("image_tokens", JSONValue(workload.imageTokens)),
      ("text_tokens", JSONValue(workload.textTokens)),
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
