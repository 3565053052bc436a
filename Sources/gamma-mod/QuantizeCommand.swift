import ArgumentParser
import Files
import Foundation
import Loading
import Logging
import MixtureOfDepths
import Tensors
import Wording

struct QuantizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quantize",
    abstract: "Write a model with weights of 8 or 4 bits, which loads without converting.",
    discussion: """
      int8 keeps 128 inputs to a scale, int4 32. With int4 the tower, the embeddings and the head have 8 bits. The \
      written folder is read by every command that takes a model; training needs the original.
      """)

  @Option(name: [.short, .long], help: "The folder of the model to read, or a GGUF file.")
  var model: PathArgument

  @OptionGroup var companions: ModelCompanions

  @Option(help: "int8 or int4.", transform: QuantizeCommand.format)
  var dtype: PackedMatrix.Format

  @Option(help: "The folder to write.")
  var out: PathArgument

  @Flag(help: "Replace a model that is there.")
  var overwrite = false

  static func format(_ name: String) throws -> PackedMatrix.Format {
    guard let format = PackedMatrix.Format.made.first(where: { $0.rawValue == name }) else {
      throw ValidationError("--dtype is int8 or int4, not \(name)")
    }
    return format
  }

  func run() throws {
    try OutputPlace(out.url, .folder, mayReplace: overwrite).check(
      inputs: companions.place(model).urls)
    let place = try companions.checkedPlace(model)
    try ModelQuantization.quantize(
      place, format: dtype, to: out.url, mayReplace: overwrite,
      onRead: ProgressLine.loading())
    Logger(label: "quantize").info("wrote \(out)")
  }
}
