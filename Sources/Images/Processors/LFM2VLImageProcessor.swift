internal import Tensors

/// LFM2-VL's pictures: resized to whole squares of patches and, where that loses too much, cut into tiles as well.
package struct LFM2VLImageProcessor: ImageProcessor, Equatable {
  package var patchSize = 16
  /// Patches a side that the model merges into one row.
  package var mergeSize = 2
  package var tileSide = 512
  package var fewestTiles = 2
  package var mostTiles = 10
  /// Bounds of the rows that the whole picture takes.
  package var fewestRows = 64
  package var mostRows = 256
  /// A picture is cut up if it has so many times as many pixels as the whole picture may have.
  package var tolerance = 2.0
  package var splits = true
  package var normalization = SampleNormalization.symmetric
  package var limits = ImageLimits()

  package init() {}

  private var factor: Int { patchSize * mergeSize }

  /// A multiple of the factor near a side; of two as near, the one that is even times it.
  private func rounded(_ side: Int) -> Double {
    (Double(side) / Double(factor)).rounded(.toNearestOrEven) * Double(factor)
  }

  /// The size of the whole picture: sides are multiples of the squares', and the rows lie within the bounds.
  ///
  /// - Throws: `ImageError` if the picture is too long and narrow for that.
  package func wholeSize(width: Int, height: Int) throws -> (width: Int, height: Int) {
    let (w, h, f) = (Double(width), Double(height), Double(factor))
    let (least, most) = (Double(fewestRows) * f * f, Double(mostRows) * f * f)
    var newWidth = max(f, rounded(width))
    var newHeight = max(f, rounded(height))
    if newWidth * newHeight > most {
      let shrink = (h * w / most).squareRoot()
      newWidth = max(f, (w / shrink / f).rounded(.down) * f)
      newHeight = max(f, (h / shrink / f).rounded(.down) * f)
    } else if newWidth * newHeight < least {
      let grow = (least / (h * w)).squareRoot()
      newWidth = (w * grow / f).rounded(.up) * f
      newHeight = (h * grow / f).rounded(.up) * f
    }
    let bound = Double(4096 * patchSize)
    guard newWidth <= bound, newHeight <= bound else {
      throw ImageError.invalidRequest("a picture of \(width)×\(height) pixels is too long and narrow")
    }
    return (Int(newWidth), Int(newHeight))
  }

  /// The tiles that a picture is cut into; nil if it is not.
  package func tiles(width: Int, height: Int) -> ImageInput.Size? {
    let least = Double(patchSize)
    let pixels = max(least, rounded(width)) * max(least, rounded(height))
    guard splits, mostTiles > 1, pixels > Double(mostRows * factor * factor) * tolerance else { return nil }
    let ratio = Double(width) / Double(height)
    var best = (difference: Double.infinity, tiles: ImageInput.Size(height: 1, width: 1))
    for count in fewestTiles...mostTiles {
      for columns in 1...count where count % columns == 0 {
        let tiles = ImageInput.Size(height: count / columns, width: columns)
        let difference = abs(ratio - Double(columns) / Double(tiles.height))
        // Of shapes as near, the one of more tiles that the picture fills by half.
        let fills = Double(width * height) > 0.5 * Double(tileSide * tileSide * count)
        if difference < best.difference || difference == best.difference && fills {
          best = (difference, tiles)
        }
      }
    }
    return best.tiles
  }

  /// The patches of the tiles, row by row, and behind them those of the whole picture; each has its colours side by side.
  package func process(_ image: PixelImage) throws -> ImageInput {
    var views: [PixelImage] = []
    let tiles = tiles(width: image.width, height: image.height)
    let isCut = tiles.map { $0.height * $0.width > 1 } ?? false
    if let tiles {
      views = try image.resized(
        width: tiles.width * tileSide, height: tiles.height * tileSide, filter: .torchBilinear, limits: limits
      ).tiles(width: tileSide, height: tileSide)
    }
    if tiles == nil || isCut {
      let (width, height) = try wholeSize(width: image.width, height: image.height)
      views.append(try image.resized(width: width, height: height, filter: .torchBilinear, limits: limits))
    }
    let scaling = try normalization.scaling()
    let numbers = 3 * patchSize * patchSize
    let count = views.reduce(0) { $0 + $1.width / patchSize * ($1.height / patchSize) }
    let pixels = Tensor(floats: [count, numbers]) { start in
      var write = start
      for view in views {
        let samples = scaling.samples([view])
        samples.withFloats { copyPatches(of: $0, width: view.width, height: view.height, to: &write) }
      }
    }
    return ImageInput(
      pixels: pixels, originalSize: image.size,
      grid: isCut ? tiles : ImageInput.Size(height: 0, width: 0),
      viewGrids: views.map { .init(height: $0.height / patchSize, width: $0.width / patchSize) })
  }

  private func copyPatches(
    of samples: UnsafeBufferPointer<Float>, width: Int, height: Int,
    to write: inout UnsafeMutablePointer<Float>
  ) {
    for top in stride(from: 0, to: height, by: patchSize) {
      for left in stride(from: 0, to: width, by: patchSize) {
        for y in top..<top + patchSize {
          for x in left..<left + patchSize {
            for channel in 0..<3 {
              write.pointee = samples[(channel * height + y) * width + x]
              write += 1
            }
          }
        }
      }
    }
  }

  /// Views are padded with zeros to the most patches that one may have; only very long pictures have more.
  package func originals(of input: ImageInput) -> [(name: String, values: OriginalValues)] {
    let (grids, width) = (input.viewGrids ?? [], input.pixels.width)
    let tilePatches = splits ? tileSide / patchSize * (tileSide / patchSize) : 0
    let most = grids.reduce(max(mostRows * mergeSize * mergeSize, tilePatches)) {
      max($0, $1.height * $1.width)
    }
    var next = 0
    let padded = Tensor.zeros([grids.count * most, width])
    for (view, grid) in grids.enumerated() {
      let count = grid.height * grid.width
      padded.setRows(
        (0..<count).map { view * most + $0 }, from: input.pixels.rows(next..<next + count))
      next += count
    }
    let mask = grids.flatMap { grid in (0..<most).map { $0 < grid.height * grid.width ? 1 : 0 } }
    return [
      ("pixel_values", .floats(padded.reshaped([grids.count, most, width]))),
      ("pixel_attention_mask", .integers(mask, shape: [grids.count, most])),
      (
        "spatial_shapes", .integers(grids.flatMap { [$0.height, $0.width] }, shape: [grids.count, 2])
      ),
    ]
  }
}
