import ArgumentParser
import Foundation
import Generation
import Images
import MixtureOfDepths
import StrictJSON
import Tokenization

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Answer a question about pictures.",
    discussion: "The answer goes to standard output as it is generated, everything else to standard error.")

  @OptionGroup var options: ModelOptions

  @Option(
    name: [.customLong("sys", withSingleDash: true), .customLong("system-prompt")],
    help: "What the model is told before the conversation, instead of the template's own words.")
  var system: String?

  @Option(
    name: [.customLong("image"), .customLong("image-file")],
    help: "A picture file; may be repeated; - reads standard input.")
  var images: [String] = []

  @Option(name: [.short, .long], help: "The question.")
  var prompt: String

  @Option(
    name: [.customShort("n"), .customLong("max-tokens"), .customLong("predict")],
    help: "Most tokens to generate.")
  var maxTokens = 512

  @Option(name: [.customLong("temp"), .customLong("temperature")], help: "0 takes the likeliest token.")
  var temperature = 0.0

  @Option(help: "Seed of the random choice at temperatures above 0.")
  var seed: UInt64 = 0

  @Option(help: "Whether to turn pictures upright as their EXIF orientation says.")
  var exif = Switch.on

  @Option(
    help: "Write the first picture here (PNG) with the skipped patches greyed, a panel per group of layers.")
  var overlay: String?

  @Flag(help: "Print one JSON object instead of the plain answer.")
  var json = false

  func validate() throws {
    guard (1...4096).contains(maxTokens) else { throw ValidationError("--max-tokens takes 1 to 4096") }
    guard temperature >= 0, temperature.isFinite else {
      throw ValidationError("--temperature must not be negative")
    }
    guard images.count <= 16 else { throw ValidationError("at most 16 pictures fit one request") }
    guard overlay == nil || !images.isEmpty else { throw ValidationError("--overlay needs an --image") }
  }

  func run() throws {
    let session = try options.session(system: system)
    let pictures = try images.map { try PictureInput.load($0, exif: exif == .on) }
    var generation = Generator.Options()
    generation.maxTokens = maxTokens
    generation.temperature = temperature
    generation.seed = seed
    let messages = [ConversationMessage(.user, prompt), ConversationMessage(.assistant, nil)]
    try Interrupt.watch { isRequested in
      let report = try AnswerReport(
        session, generation, messages: messages, images: pictures, isCancelled: isRequested
      ) { text in
        if !json { try StandardOutput.write(text) }
      }
      try StandardOutput.write(line: json ? report.json.text() : "")
      if let overlay, let picture = pictures.first {
        try report.overlay(on: picture).writePNG(path: overlay)
        StandardError.write(line: OverlayNote.text(report, path: overlay))
      }
    }
  }
}
