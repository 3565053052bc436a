internal import Crypto
package import Tensors

/// One picture as a model's encoder reads it, which is what the family's preprocessor made of it.
package struct ImageInput: Sendable, Equatable {
  /// A height and a width: of a picture in pixels, or of a grid in tiles or patches.
  package struct Size: Sendable, Hashable {
    package var height: Int
    package var width: Int

    package init(height: Int, width: Int) {
      self.height = height
      self.width = width
    }
  }

  /// The picture, or several views of it; in Qwen2-VL one row of numbers per patch.
  /// - Shape: `[views, 3, height, width]`, or `[patches, numbers]`, of all views one behind the other
  package let pixels: Tensor
  /// The whole picture in higher resolution, for encoders that look twice (Mini-Gemini).
  /// - Shape: `[1, 3, height, width]`
  package let detail: Tensor?
  /// Whether a pixel of a view shows the picture and is no padding; nil if all do.
  /// - Shape: `[views · height · width]`
  package let mask: [Bool]?
  /// The picture's size before preprocessing.
  package let originalSize: Size?
  /// Patches of the picture (Qwen2-VL), or the tiles that it was cut into, without the view of the whole; 0 × 0 if it
  /// was not cut up.
  package let grid: Size?
  /// The patches of each view where views differ (LFM2-VL); nil elsewhere.
  package let viewGrids: [Size]?
  /// Tells pictures apart.
  package let digest: PictureDigest

  package init(
    pixels: Tensor, detail: Tensor? = nil, mask: [Bool]? = nil, originalSize: Size? = nil, grid: Size? = nil,
    viewGrids: [Size]? = nil
  ) {
    self.pixels = pixels
    self.detail = detail
    self.mask = mask
    self.originalSize = originalSize
    self.grid = grid
    self.viewGrids = viewGrids
    digest = PictureDigest(
      tensors: [pixels, detail], mask: mask,
      sizes: ([originalSize, grid] + (viewGrids ?? [])).map { $0.map { [$0.height, $0.width] } ?? [] })
  }

  package var views: Int { viewGrids?.count ?? pixels.rows }

  /// Whether both hold the same numbers.
  package static func == (first: ImageInput, second: ImageInput) -> Bool { first.digest == second.digest }
}

/// A SHA-256 over all that an encoder reads of a picture: the same for the same numbers, wherever they lie.
package struct PictureDigest: Sendable, Hashable {
  private let bytes: [UInt8]

  fileprivate init(tensors: [Tensor?], mask: [Bool]?, sizes: [[Int]]) {
    var hash = SHA256()
    func add(_ bytes: UnsafeRawBufferPointer) { hash.update(bufferPointer: bytes) }
    // Counts go in front, so that no two pictures are written alike.
    func add(_ numbers: [Int]) { ([numbers.count] + numbers).withUnsafeBytes { add($0) } }
    for tensor in tensors {
      add(tensor.map { Array($0.shape) } ?? [])
      guard let tensor else { continue }
      add([tensor.dtype.size])
      tensor.withBytes(add)
    }
    add([mask?.count ?? -1])
    mask?.withUnsafeBytes { add($0) }
    sizes.forEach(add)
    bytes = Array(hash.finalize())
  }
}
