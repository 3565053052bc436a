internal import Images
internal import Synchronization
internal import Tensors

/// Remembers the rows of the picture that was encoded last, so that further questions about it need only the decoder.
///
package final class PictureMemory: Sendable {
  private let last = Mutex<(picture: PictureDigest, rows: Tensor)?>(nil)

  package init() {}

  func rows(of input: ImageInput) -> Tensor? {
    last.withLock { last in last.flatMap { $0.picture == input.digest ? $0.rows : nil } }
  }

  func remember(_ input: ImageInput, rows: Tensor) { last.withLock { $0 = (input.digest, rows) } }
}
