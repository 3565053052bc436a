import ArgumentParser
import Checkpoints
import Crypto
import Files
import Foundation
import Images
import StrictJSON

struct PreprocessCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "preprocess",
    abstract: "Write what a model's vision tower reads of a picture, to compare implementations.",
    discussion: """
      With --config and --outputs, the tensors of the original processor under its names; with --rgb, the decoded \
      picture's size and the SHA-256 of its pixels as one JSON object on standard output.
      """)

  @Option(
    help: ArgumentHelp(
      "A JSON file {\"processor\": …, \"model_config\": …}: a preprocessor_config.json, and what config.json adds to it.",
      valueName: "file"))
  var config: PathArgument?

  @Option(help: "A picture file; - reads standard input.")
  var image: PathArgument

  @Option(help: ArgumentHelp("The safetensors file to write.", valueName: "file"))
  var outputs: PathArgument?

  @Flag(help: "Replace the file of --outputs if it is there.")
  var overwrite = false

  @Flag(help: "Only decode the picture.")
  var rgb = false

  @Option(help: "Whether to turn the picture upright as its EXIF orientation says.")
  var exif = Switch.on

  @OptionGroup var pictureLimits: PictureLimits

  func validate() throws {
    guard (config != nil) == (outputs != nil), rgb == (config == nil) else {
      throw ValidationError("give either --config and --outputs, or --rgb")
    }
    guard !overwrite || outputs != nil else { throw ValidationError("--overwrite needs --outputs") }
  }

  func run() throws {
    let place = outputs.map { OutputPlace($0.url, mayReplace: overwrite) }
    try place?.check(inputs: [image.url, config?.url].compactMap { $0 })
    let picture = try PictureInput(limits: pictureLimits.limits, exif: exif == .on).load(image.path)
    guard let config, let place else { return try StandardOutput.write(line: description(picture).text()) }
    let json = try JSONObject.read(contentsOf: config.url)
    let processor = try PreprocessorSettings(
      json.object("processor"), model: json.optionalObject("model_config") ?? JSONObject()
    ).processor()
    var writer = SafetensorsWriter()
    for (name, values) in processor.originals(of: try processor.process(picture)) {
      switch values {
      case .floats(let tensor): try writer.add(name, tensor)
      case .integers(let numbers, let shape):
        try writer.add(name, int64s: numbers.map { Int64($0) }, shape: shape)
      }
    }
    try place.checkReplacing()
    try writer.write(to: place.url)
  }

  private func description(_ picture: PixelImage) -> JSONValue {
    [
      "width": JSONValue(picture.width), "height": JSONValue(picture.height),
      "rgb_sha256": .string(SHA256.hash(data: picture.pixels).hexadecimal()),
    ]
  }
}
