import ArgumentParser
import Foundation
import Loading

/// What commands that read a model ask for to trust its files.
struct VerifyOption: ParsableArguments {
  @Flag(help: "First check every file of the model against the SHA-256 in its manifest.json.")
  var verify = false

  /// - Parameter base: The model that the folder changes.
  func check(_ model: URL, base: URL? = nil) throws {
    if verify { try GammaModel.verify(model, base: base) }
  }
}
