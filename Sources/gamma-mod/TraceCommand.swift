import ArgumentParser
import Foundation
import Loading
import MixtureOfDepths
import Tensors
import Tracing
import Wording

struct TraceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace",
    abstract: "Run stored inputs and write every intermediate tensor, to compare implementations.",
    discussion: """
      Every tensor NAME.input_ids of the inputs is a prompt; NAME.pixel_values are its pictures (those without a name \
      otherwise; text_only has none). Prompts with NAME.labels run a training step and write losses and gradients.
      """)

  @OptionGroup var options: ModelOptions

  @Option(help: "A safetensors file of prompts.")
  var inputs: String

  @Option(help: "The safetensors file to write.")
  var outputs: String

  @Option(name: [.customShort("n"), .long], help: "Tokens to generate for each prompt.")
  var maxTokens = 16

  @Flag(help: "Run all prompts in one packed batch.")
  var batched = false

  @Flag(help: "Also measure ARank over the prompts.")
  var arank = false

  func validate() throws {
    if maxTokens < 0 { throw ValidationError("--max-tokens must not be negative") }
  }

  func run() throws {
    try options.verification.check(options.url)
    let model = try GammaModel.load(
      options.url, precision: options.dtype, routing: options.routing,
      onRead: ProgressLine.loading())
    let prompts = try TraceInputs(contentsOf: URL(fileURLWithPath: inputs), model: model)
    var trace = ModelTrace(
      model, backend: Backend(threads: options.threads), cacheFormat: options.cacheFormat, measuresRank: arank
    )
    try trace.run(prompts, newTokens: maxTokens, batched: batched, outputs: URL(fileURLWithPath: outputs))
  }
}
