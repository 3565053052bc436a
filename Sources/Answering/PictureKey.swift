internal import Files
internal import Models
internal import Tensors

/// What tells pictures apart: a hash of all numbers that the encoder reads.
package struct PictureKey: Hashable, Sendable {
  private let digest: String

  private init(digest: String) { self.digest = digest }

  /// A picture that is known by a name.
  static func named(_ name: String) -> PictureKey { PictureKey(digest: name) }

  /// Nil for rows that no encoder has made.
  package init?(_ picture: PromptPicture) {
    guard case .input(let input) = picture.content else { return nil }
    var hash = SHA256()
    func add(_ tensor: Tensor) {
      tensor.withBytes { hash.update($0) }
      add(tensor.shape)
    }
    func add(_ numbers: [Int]) { numbers.withUnsafeBytes { hash.update($0) } }
    add(input.pixels)
    if let detail = input.detail { add(detail) }
    add((input.mask ?? []).map { $0 ? 1 : 0 })
    for size in [input.originalSize, input.grid] { add([size?.height ?? -1, size?.width ?? -1]) }
    digest = hash.hexadecimal()
  }
}
