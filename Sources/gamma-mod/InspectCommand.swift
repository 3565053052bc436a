import Answering
import ArgumentParser
import Foundation
import Images
import Loading
import MixtureOfDepths
import Models
import StrictJSON
import Wording

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Say what a model is, what it needs, and whether it is supported.",
    discussion:
      "Reads config.json and the headers of the weights only, and so answers at once for models of any size.")

  @Argument(help: "The model's folder.")
  var model: String

  @Option(
    help: ArgumentHelp("Also say how many tokens a picture of this size takes.", valueName: "width×height"),
    transform: PictureSize.init)
  var picture: PictureSize?

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() throws {
    let url = URL(fileURLWithPath: model)
    let inspection = try GammaInspection(url)
    let count = try picture.map { try tokens(of: $0, inspection) }
    if json {
      var object = inspection.json
      if let count { object["picture_tokens"] = JSONValue(count) }
      return try StandardOutput.write(line: object.text(.pretty))
    }
    try StandardOutput.write(line: inspection.text)
    if let picture, let count {
      try StandardOutput.write(
        line: "  a picture of \(picture.width) × \(picture.height) pixels takes \(counted(count, "token"))")
    }
  }

  private func tokens(of size: PictureSize, _ inspection: GammaInspection) throws
    -> Int
  {
    guard let images = inspection.model.sizes?.images, let processor = try inspection.model.imageProcessor()
    else {
      throw ValidationError("--picture needs a supported model that reads pictures")
    }
    let blank = try PixelImage(
      width: size.width, height: size.height,
      pixels: [UInt8](repeating: 0, count: 3 * size.width * size.height))
    let input = try processor.process(blank)
    try images.check(input)
    return images.tokenCount(of: input)
  }
}

/// A width and a height in pixels, with a cross between them.
struct PictureSize {
  let width: Int
  let height: Int

  init(_ text: String) throws {
    let parts = text.split(whereSeparator: { "x×".contains($0) }).map { Int($0) ?? 0 }
    guard parts.count == 2, parts.allSatisfy({ (1...16384).contains($0) }), parts[0] * parts[1] <= 40_000_000
    else {
      throw ValidationError("--picture takes a size such as 640x480, of 40 megapixels at most")
    }
    (width, height) = (parts[0], parts[1])
  }
}
