import Answering
import ArgumentParser
import Foundation
import Loading
import MixtureOfDepths
import Tensors
import Tokenization
import Wording

/// What every command that runs a model asks for.
struct ModelOptions: ParsableArguments {
  @Option(name: [.short, .long, .customLong("model-path")], help: "A model folder.")
  var model: String

  @Option(help: "The model that the folder changes, if it holds only an adapter or a projector.")
  var modelBase: String?

  @Option(
    help: "Format of the weights in memory: f32, bf16, int8 or int4; by default as stored, or f32.",
    transform: ModelOptions.precision)
  var dtype: WeightPrecision?

  @Option(
    name: .customLong("kv-cache-dtype"),
    help: "Format in which keys and values are kept: f32, f16 or int8. (default: f32)",
    transform: ModelOptions.cacheFormat)
  var cacheFormat = KeyValueFormat.float32

  @Option(
    name: .customLong("kv-budget"),
    help: ArgumentHelp(
      "MiB of keys and values that requests may hold together; by default a quarter of the memory.",
      valueName: "mib"))
  var cacheBudget: Int?

  @Flag(help: "Run every row in every layer, as if the model had no routers.")
  var dense = false

  @Option(help: "Skip this share (0…1) of the image rows in routed layers, instead of the model's own rule.")
  var skip: Double?

  @Option(
    name: [.customLong("conv-mode"), .customLong("chat-template")],
    help: "Conversation template; by default the family's.")
  var template: String?

  @OptionGroup var verification: VerifyOption

  @Option(name: [.short, .long], help: "Threads.")
  var threads = ProcessInfo.processInfo.activeProcessorCount

  func validate() throws {
    if let skip, !(0...1).contains(skip) {
      throw ValidationError("--skip takes a share between 0 and 1, not \(skip)")
    }
    if dense, skip != nil { throw ValidationError("--dense and --skip exclude each other") }
    if let cacheBudget, !(1...1 << 24).contains(cacheBudget) {
      throw ValidationError("--kv-budget takes 1 to \(1 << 24) MiB, not \(cacheBudget)")
    }
    if threads < 1 { throw ValidationError("--threads must be at least 1") }
  }

  static func precision(_ name: String) throws -> WeightPrecision {
    guard let precision = WeightPrecision(rawValue: name) else {
      throw ValidationError(
        "--dtype is one of \(WeightPrecision.allCases.map(\.rawValue).joined(separator: ", ")), not \(name)")
    }
    return precision
  }

  static func cacheFormat(_ name: String) throws -> KeyValueFormat {
    guard let format = KeyValueFormat(rawValue: name) else {
      throw ValidationError(
        "--kv-cache-dtype is one of \(KeyValueFormat.allCases.map(\.rawValue).joined(separator: ", ")), not \(name)"
      )
    }
    return format
  }

  var url: URL { URL(fileURLWithPath: model) }

  var routing: GammaModel.Routing { dense ? .ignored : skip.map { .skip($0) } ?? .asStored }

  /// What an engine that answers may use.
  var limits: EngineLimits {
    var limits = EngineLimits()
    limits.cacheFormat = cacheFormat
    if let cacheBudget { limits.cacheBytes = cacheBudget << 20 }
    return limits
  }

  /// - Parameter system: What the model is told before the conversation; nil for the template's own words.
  func session(system: String? = nil) throws -> VisionLanguageSession {
    let base = modelBase.map { URL(fileURLWithPath: $0) }
    try verification.check(url, base: base)
    return try VisionLanguageSession(
      url, precision: dtype, routing: routing, template: template.map(ConversationTemplate.named),
      system: system, threads: threads, base: base, onRead: ProgressLine.loading(),
      notify: { StandardError.write(line: $0) })
  }
}
