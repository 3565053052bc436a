import ArgumentParser
import Images

/// What picture files may cost, for every command that reads some.
struct PictureLimits: ParsableArguments {
  @Option(
    name: .customLong("limit-image-mib"),
    help: ArgumentHelp("The largest picture file that is read, in MiB.", valueName: "mib"))
  var mebibytes = ImageLimits().fileBytes >> 20

  @Option(
    name: .customLong("limit-megapixels"),
    help: ArgumentHelp("The largest picture that is decoded, in millions of pixels.", valueName: "n"))
  var megapixels = ImageLimits().pixels / 1_000_000

  @Option(
    name: .customLong("limit-side"),
    help: ArgumentHelp("The longest side of a picture that is decoded, in pixels.", valueName: "n"))
  var side = ImageLimits().side

  func validate() throws {
    try Bounds.check("--limit-image-mib", mebibytes, 1...4096)
    try Bounds.check("--limit-megapixels", megapixels, 1...2000)
    try Bounds.check("--limit-side", side, 1...1_000_000)
  }

  var limits: ImageLimits {
    ImageLimits(fileBytes: mebibytes << 20, pixels: megapixels * 1_000_000, side: side)
  }
}

/// How many pictures one request may have.
struct PictureCountLimit: ParsableArguments {
  @Option(
    name: .customLong("limit-images"), help: ArgumentHelp("The most pictures of one request.", valueName: "n")
  )
  var most = 16

  func validate() throws { try Bounds.check("--limit-images", most, 1...4096) }

  /// - Throws: `ValidationError` if there are more.
  func check(_ count: Int) throws {
    guard count > most else { return }
    throw ValidationError(
      "\(count) pictures are more than the \(most) of one request; raise that by --limit-images")
  }
}

/// How many tokens may be asked for.
struct TokenLimit: ParsableArguments {
  @Option(
    name: .customLong("limit-tokens"),
    help: ArgumentHelp(
      "The most that --max-tokens takes; the model's context ends answers anyway.", valueName: "n"))
  var most = 4096

  func validate() throws { try Bounds.check("--limit-tokens", most, 1...1 << 24) }

  func check(_ maxTokens: Int?) throws {
    guard let maxTokens, !(1...most).contains(maxTokens) else { return }
    throw ValidationError(
      "--max-tokens takes 1 to \(most), not \(maxTokens)"
        + (maxTokens > most ? "; raise that by --limit-tokens" : ""))
  }
}
