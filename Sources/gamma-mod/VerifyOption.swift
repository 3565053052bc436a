import ArgumentParser
import Foundation
import Loading

/// What commands that read a model ask for to trust its files.
struct VerifyOption: ParsableArguments {
  @Flag(help: "First check every file of the model against the SHA-256 in its manifest.json.")
  var verify = false

  func check(_ model: some ModelPlacing) throws {
    if verify { try GammaModel.verify(model) }
  }
}
