internal import Checkpoints
package import Foundation
internal import Models
package import Tensors

/// Writes models with matrices of 8 or 4 bits.
package enum ModelQuantization {
  /// Writes a complete model folder whose matrices lie on disk as products read them, so that loading only copies them.
  /// - Parameters:
  ///   - source: A checkpoint folder of any supported family, dense or with routed layers.
  ///   - format: The format of the decoder's projections; other matrices have 8 bits, what cannot be packed 32.
  ///   - mayReplace: Whether a model that is there is replaced.
  ///   - onRead: Receives how many bytes of the weights have been read, and how many there are.
  /// - Throws: An error that names the file at fault; `target` is then as it was.
  package static func quantize(
    _ source: some ModelPlacing, format: PackedMatrix.Format, to target: URL, mayReplace: Bool = false,
    onRead: @escaping (_ read: Int, _ all: Int) -> Void = { _, _ in }
  ) throws {
    try ModelFolder.check(target, isNot: source.modelPlace.url)
    try GammaModel.checkIsOriginal(ModelSource(source.modelPlace).open(), "quantize the original")
    let model = try GammaModel.load(
      source, precision: format == .int8 ? .int8 : .int4, onRead: onRead)
    try ModelFolder.write(
      model, to: target, format: .packed, mayReplace: mayReplace)
  }
}
