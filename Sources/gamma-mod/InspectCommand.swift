import ArgumentParser
import Foundation
import MixtureOfDepths
import StrictJSON

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Say what a model is, what it needs, and whether it is supported.",
    discussion:
      "Reads config.json and the headers of the weights only, and so answers at once for models of any size.")

  @Argument(help: "The model's folder.")
  var model: String

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() throws {
    let inspection = try GammaInspection(URL(fileURLWithPath: model))
    try StandardOutput.write(line: json ? inspection.json.text(.pretty) : inspection.text)
  }
}
