import ArgumentParser
import Foundation
import Loading

/// What belongs to a model beside its folder or file.
struct ModelCompanions: ParsableArguments {
  @Option(help: "The model that the folder changes, if it holds only an adapter or a projector.")
  var modelBase: PathArgument?

  @Option(name: .customLong("mmproj"), help: "The picture encoder's file, of a model in a GGUF file.")
  var projector: PathArgument?

  @OptionGroup var verification: VerifyOption

  func validate() throws {
    guard modelBase == nil || projector == nil else {
      throw ValidationError("--model-base and --mmproj exclude each other")
    }
  }

  /// Where a model lies, with what belongs to it.
  func place(_ model: PathArgument) -> ModelPlace {
    ModelPlace(model.url, base: modelBase?.url, projector: projector?.url)
  }

  /// The same, its files checked if that was asked for.
  func checkedPlace(_ model: PathArgument) throws -> ModelPlace {
    let place = place(model)
    try verification.check(place)
    return place
  }
}
