/// Sizes in pixels that a picture may be fitted into before it is cut into tiles (`image_grid_pinpoints`).
package struct TileSizes: Sendable, Equatable {
  package var sizes: [ImageInput.Size]

  package init(_ sizes: [ImageInput.Size]) { self.sizes = sizes }

  /// The size at which most of the picture's own pixels are kept; of equal ones that with the least padding, and the
  /// first of the list (`select_best_resolution` of transformers).
  ///
  /// - Throws: `ImageError.invalidRequest` when there is no size to choose.
  package func best(for picture: ImageInput.Size) throws -> ImageInput.Size {
    let (width, height) = (picture.width, picture.height)
    let (pixels, overflow) = width.multipliedReportingOverflow(by: height)
    guard width > 0, height > 0, !overflow else {
      throw ImageError.invalidRequest("a picture cannot be \(width)×\(height) pixels")
    }
    var best: (size: ImageInput.Size, kept: Int, wasted: Int)?
    for size in sizes where size.width > 0 && size.height > 0 {
      let scale = min(Double(size.width) / Double(width), Double(size.height) / Double(height))
      let kept = scale < 1 ? Int(Double(width) * scale) * Int(Double(height) * scale) : pixels
      let (area, isBeyondCounting) = size.width.multipliedReportingOverflow(by: size.height)
      if isBeyondCounting { continue }
      let wasted = area - kept
      if let best, (kept, best.wasted) <= (best.kept, wasted) { continue }
      best = (size, kept, wasted)
    }
    guard let best else { throw ImageError.invalidRequest("there is no size that a picture may be cut from") }
    return best.size
  }
}
