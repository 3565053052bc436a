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
    discussion: """
      Reads config.json and the headers of the weights only, and so answers at once for models of any size. The exit \
      code is 1 if the model is not supported.
      """)

  @Argument(help: "The model's folder, or a GGUF file.")
  var model: PathArgument

  @OptionGroup var companions: ModelCompanions

  @Option(
    help: ArgumentHelp("Also say how many tokens a picture of this size takes.", valueName: "width×height"),
    transform: PictureSize.init)
  var picture: PictureSize?

  @OptionGroup var pictureLimits: PictureLimits

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() throws {
    let inspection = try GammaInspection(companions.checkedPlace(model))
    let count = try picture.map { try tokens(of: $0, inspection) }
    if json {
      var object = inspection.json
      if let count { object["picture_tokens"] = JSONValue(count) }
      try StandardOutput.write(line: object.text(.pretty))
    } else {
      try StandardOutput.write(line: inspection.text)
      if let picture, let count {
        try StandardOutput.write(
          line: "  a picture of \(picture.width) × \(picture.height) pixels takes \(counted(count, "token"))")
      }
    }
    if let reason = inspection.reason { throw UnsupportedModel(description: reason) }
  }

  private func tokens(of size: PictureSize, _ inspection: GammaInspection) throws
    -> Int
  {
    guard let images = inspection.model.sizes?.images, let processor = try inspection.model.imageProcessor()
    else {
      throw ValidationError("--picture needs a supported model that reads pictures")
    }
    let limits = pictureLimits.limits
    guard max(size.width, size.height) <= limits.side, size.width * size.height <= limits.pixels else {
      throw ValidationError(
        "--picture: \(size.width) × \(size.height) pixels are more than is read; raise that by --limit-side and --limit-megapixels"
      )
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
    guard parts.count == 2, parts.allSatisfy({ (1...1_000_000).contains($0) }) else {
      throw ValidationError("--picture takes a size such as 640x480, not \(text)")
    }
    (width, height) = (parts[0], parts[1])
  }
}

/// Why a model that was inspected cannot be used.
private struct UnsupportedModel: Error, CustomStringConvertible {
  let description: String
}
