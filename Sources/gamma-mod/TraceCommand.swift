import ArgumentParser
import Files
import Foundation
import Loading
import MixtureOfDepths
import Models
import Tensors
import Tracing
import Wording

struct TraceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace",
    abstract: "Run stored inputs and write every intermediate tensor, to compare implementations.",
    discussion: """
      Every tensor NAME.input_ids of the inputs is a prompt; NAME.pixel_values are its pictures (those without a name \
      otherwise; text_only has none). Prompts with NAME.labels run a training step and write losses and gradients. \
      Without --dtype, weights are held in f32, whatever they are stored in.
      """)

  @OptionGroup var options: ModelOptions

  @Option(help: "A safetensors file of prompts.")
  var inputs: PathArgument

  @Option(help: "The safetensors file to write.")
  var outputs: PathArgument

  @Flag(help: "Replace the file of --outputs if it is there.")
  var overwrite = false

  @Option(name: [.customShort("n"), .long], help: "Tokens to generate for each prompt.")
  var maxTokens = 16

  @Flag(help: "Run all prompts in one packed batch.")
  var batched = false

  @Flag(help: "Also measure ARank over the prompts.")
  var arank = false

  func validate() throws {
    try Bounds.check("--max-tokens", maxTokens, 0...1 << 24)
    try Bounds.refuse(
      [("--kv-budget", options.cacheBudget != nil), ("--conv-mode", options.template != nil)],
      "trace runs token ids as they are, all of them")
  }

  func run() throws {
    let place = OutputPlace(outputs.url, mayReplace: overwrite)
    try place.check(inputs: options.place.urls + [inputs.url])
    let model = try GammaModel.load(
      options.companions.checkedPlace(options.model), precision: options.askedPrecision,
      routing: options.routing, onRead: ProgressLine.loading())
    let prompts = try TraceInputs(contentsOf: inputs.url, model: model)
    let context = model.decoder.configuration.contextLength
    guard prompts.longestPrompt <= context else {
      throw StreamError(
        "\(inputs): a prompt takes \(counted(prompts.longestPrompt, "token")) but the model reads at most \(context); shorten it"
      )
    }
    guard prompts.longestAnswered == 0 || maxTokens <= context - prompts.longestAnswered + 1 else {
      throw ValidationError(
        "--max-tokens: \(maxTokens) do not fit behind a prompt of \(prompts.longestAnswered) into the model's \(counted(context, "token"))"
      )
    }
    try place.checkReplacing()
    var trace = ModelTrace(
      model, backend: Backend(threads: options.threads), cacheFormat: options.cacheFormat, measuresRank: arank
    )
    try trace.run(prompts, newTokens: maxTokens, batched: batched, outputs: place.url)
  }
}
