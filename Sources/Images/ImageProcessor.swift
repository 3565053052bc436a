/// A model family's way from a picture to what its vision tower reads.
package protocol ImageProcessor: Sendable {
  /// - Throws: `ImageError` when a setting makes no sense or an intermediate picture exceeds the limits.
  func process(_ image: PixelImage) throws -> ProcessedImage
}

/// A picture as a model's tower reads it. Names in code font are those of Hugging Face's processors.
package struct ProcessedImage: Sendable, Equatable {
  /// A second tensor for a second tower.
  package struct Auxiliary: Sendable, Equatable {
    /// What the original code calls it.
    package let name: String
    /// - Shape: `[3, height, width]`
    package let tensor: PixelTensor
  }

  /// `pixel_values`.
  /// - Shape: `[3, height, width]`; `[tiles, 3, height, width]` where the picture is cut up, row by row of tiles, the
  ///   whole picture as the first or last of them as the family wants it; `[patches, values]` for Qwen.
  package var pixelValues: PixelTensor
  /// `pixel_values_aux` of MGM, which its second tower reads; the CLIP tower's input `fast_branch_input` of LLaVA-HR.
  package var auxiliary: Auxiliary?
  /// `pixel_attention_mask`: 1 where a tile has picture.
  /// - Shape: `[tiles, height, width]`
  package var attentionMask: PixelTensor?
  /// Rows and columns of tiles, the whole picture aside; nil where it is not cut up.
  package var tiles: TileGrid?
  /// `image_grid_thw`: patches over time, height and width.
  package var patchGrid: [Int]?
  /// Width and height of the picture before any step.
  package var originalWidth: Int
  package var originalHeight: Int

  init(_ pixelValues: PixelTensor, of image: PixelImage) {
    self.pixelValues = pixelValues
    originalWidth = image.width
    originalHeight = image.height
  }
}

/// Into how many tiles a picture is cut.
package struct TileGrid: Sendable, Equatable {
  package var rows: Int
  package var columns: Int

  package init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
  }
}

extension PixelImage {
  /// The picture cut into tiles of one size, row by row; what is left over at the right and the bottom goes.
  func tiles(width tileWidth: Int, height tileHeight: Int) throws -> [PixelImage] {
    var tiles: [PixelImage] = []
    for y in stride(from: 0, through: height - tileHeight, by: tileHeight) {
      for x in stride(from: 0, through: width - tileWidth, by: tileWidth) {
        tiles.append(try cropped(to: PixelWindow(x: x, y: y, width: tileWidth, height: tileHeight)))
      }
    }
    return tiles
  }
}
