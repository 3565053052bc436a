import Answering
import ArgumentParser
import Foundation
import Images
import MixtureOfDepths
import StrictJSON
import Tokenization

struct RunCommand: AsyncParsableCommand {
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

  @OptionGroup var sampling: SamplingArguments

  @Option(help: "Whether to turn pictures upright as their EXIF orientation says.")
  var exif = Switch.on

  @Option(
    help: "Write the first picture here (PNG) with the skipped patches greyed, a panel per group of layers.")
  var overlay: String?

  @Flag(help: "Print one JSON object instead of the plain answer.")
  var json = false

  func validate() throws {
    guard images.count <= 16 else { throw ValidationError("at most 16 pictures fit one request") }
    guard overlay == nil || !images.isEmpty else { throw ValidationError("--overlay needs an --image") }
  }

  func run() async throws {
    let session = try options.session(system: system)
    let pictures = try images.map { try PictureInput.load($0, exif: exif == .on) }
    let messages = [ConversationMessage(.user, prompt), ConversationMessage(.assistant, nil)]
    let prompt = try session.prompt(messages, images: pictures)
    let stream = Engine(session, options.limits).submit(AnswerRequest(prompt, sampling.options()))
    let report = try await Interrupt.watch(stream) { text in
      if !json { try StandardOutput.write(text) }
    }
    try StandardOutput.write(line: json ? AnswerReport(report, to: prompt, session).json.text() : "")
    if let overlay, let picture = pictures.first {
      let report = AnswerReport(report, to: prompt, session)
      try report.overlay(on: picture).writePNG(path: overlay)
      StandardError.write(line: OverlayNote.text(report, path: overlay))
    }
  }
}
