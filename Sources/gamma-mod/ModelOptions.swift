import Answering
import ArgumentParser
import Foundation
import Loading
import MixtureOfDepths
import Models
import Tensors
import Tokenization
import Wording

/// What every command that runs a model asks for.
struct ModelOptions: ParsableArguments {
  @Option(name: [.short, .long, .customLong("model-path")], help: "A model folder, or a GGUF file.")
  var model: PathArgument

  @OptionGroup var companions: ModelCompanions

  @Option(
    help: "Format of the weights in memory: f32, bf16, int8 or int4; by default as stored.",
    transform: WeightPrecision.argument)
  var dtype: WeightPrecision?

  @Flag(name: .customLong("load-4bit"), help: "As --dtype int4, by LLaVA's name.")
  var loadsFourBits = false

  @Flag(name: .customLong("load-8bit"), help: "As --dtype int8, by LLaVA's name.")
  var loadsEightBits = false

  @Option(
    name: .customLong("kv-cache-dtype"),
    help: "Format in which keys and values are kept: f32, f16 or int8. (default: f32)",
    transform: KeyValueFormat.argument)
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
    help: ArgumentHelp(
      "Conversation template; by default the folder's own chat template, otherwise the family's.",
      valueName: "conv-mode"),
    transform: TemplateChoice.named)
  var template: TemplateChoice?

  @Option(name: [.short, .long], help: "Threads.")
  var threads = ProcessInfo.processInfo.activeProcessorCount

  func validate() throws {
    try Bounds.check("--skip", share: skip)
    if dense, skip != nil { throw ValidationError("--dense and --skip exclude each other") }
    guard [dtype != nil, loadsFourBits, loadsEightBits].count(where: { $0 }) <= 1 else {
      throw ValidationError("--dtype, --load-4bit and --load-8bit exclude each other")
    }
    try Bounds.check("--kv-budget", cacheBudget, 1...1 << 24)
    try Bounds.check("--threads", threads, Bounds.threads)
  }

  var place: ModelPlace { companions.place(model) }

  /// The format that was asked for.
  var askedPrecision: WeightPrecision? { loadsFourBits ? .int4 : loadsEightBits ? .int8 : dtype }

  /// The format in which weights are held; nil leaves them as they are stored.
  /// - Throws: As opening the folder does.
  func precision() throws -> WeightPrecision? {
    try askedPrecision ?? GammaModel.usualPrecision(place)
  }

  var routing: GammaModel.Routing { dense ? .ignored : skip.map { .skip($0) } ?? .asStored }

  /// What an engine that answers may use.
  var limits: EngineLimits {
    var limits = EngineLimits()
    limits.cacheFormat = cacheFormat
    if let cacheBudget { limits.cacheBytes = cacheBudget << 20 }
    return limits
  }

  private var untunedNotice: String {
    let remedy =
      dense
      ? "ask its dense original, since conversion doubled matrices that routers halve again"
      : "tune it by `gamma-mod train` before its answers count"
    return "\(model): the model was converted and not tuned since; \(remedy)"
  }

  /// The model, ready to be asked; a notice tells if it answers worse than it could.
  /// - Parameter system: What the model is told before the conversation; nil for the template's own words.
  func session(system: String? = nil) throws -> VisionLanguageSession {
    let session = try VisionLanguageSession(
      companions.checkedPlace(model), precision: precision(), routing: routing, template: template?.template,
      system: system,
      threads: threads, onRead: ProgressLine.loading(), notify: { StandardError.write(line: $0) })
    if place.base == nil, session.model.isUntuned { StandardError.write(line: untunedNotice) }
    return session
  }
}

/// A conversation template by its name.
struct TemplateChoice {
  let name: String
  let template: ConversationTemplate

  static func named(_ name: String) throws -> TemplateChoice {
    do {
      return TemplateChoice(name: name, template: try ConversationTemplate.named(name))
    } catch {
      throw ValidationError("\(error)")
    }
  }
}
