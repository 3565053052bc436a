import Files
import Foundation

/// Files that a command writes when its work is done, checked before the work begins.
struct OutputPlaces {
  private let overwrite: Bool

  /// - Parameter inputs: What the command reads.
  /// - Throws: `FileError` if one cannot be written, is read as well, is there and may not be replaced, or is named twice.
  init(_ outputs: [PathArgument], overwrite: Bool, inputs: [PathArgument]) throws {
    self.overwrite = overwrite
    let paths = outputs.map { $0.url.resolvingSymlinksInPath().standardizedFileURL.path }
    for (index, output) in outputs.enumerated() {
      guard !paths[..<index].contains(paths[index]) else {
        throw FileError(output.path, "two outputs would be written there; name another place for one of them")
      }
      try OutputPlace(output.url, mayReplace: overwrite).check(inputs: inputs.map(\.url))
    }
  }

  func write(_ text: String, to output: PathArgument) throws {
    try OutputPlace(output.url, mayReplace: overwrite).write(text)
  }
}
