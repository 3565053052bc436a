internal import Images
internal import Models

/// Draws which patches of a picture routed layers skipped.
struct SkipOverlay {
  /// Where each image row lies in the picture.
  let areas: [TokenArea?]
  /// For each layer the image rows that it ran; nil where it ran all.
  let imageRowsRun: [[Int]?]

  /// The longest side of one panel in pixels; small pictures are enlarged by whole factors up to here.
  private static let panelSide = 384
  private static let gap = 8

  /// Routed layers that follow each other, as ranges of layer indices.
  var groups: [ClosedRange<Int>] {
    var result: [ClosedRange<Int>] = []
    for (index, rows) in imageRowsRun.enumerated() where rows != nil {
      if let last = result.last, last.upperBound == index - 1 {
        result[result.count - 1] = last.lowerBound...index
      } else {
        result.append(index...index)
      }
    }
    return result
  }

  /// The picture itself and beside it one panel per group of layers, in which a patch is the greyer the more of the
  /// group's layers skipped it.
  func draw(_ picture: PixelImage) throws -> PixelImage {
    let factor = max(1, Self.panelSide / max(picture.width, picture.height))
    let (width, height) = (picture.width * factor, picture.height * factor)
    let panels =
      [[Double](repeating: 0, count: width * height)]
      + groups.map { shares(skipShares($0), width: width, height: height) }
    let total = panels.count * (width + Self.gap) - Self.gap
    var pixels = [UInt8](repeating: 255, count: total * height * 3)
    for (panel, shares) in panels.enumerated() {
      let left = panel * (width + Self.gap)
      for y in 0..<height {
        for x in 0..<width {
          let source = ((y / factor) * picture.width + x / factor) * 3
          let target = (y * total + left + x) * 3
          Self.shade(picture.pixels, source, by: shares[y * width + x], into: &pixels, target)
        }
      }
    }
    return try PixelImage(width: total, height: height, pixels: pixels)
  }

  /// For each image row the share of a group's layers that skipped it.
  private func skipShares(_ group: ClosedRange<Int>) -> [Double] {
    var shares = [Double](repeating: 1, count: areas.count)
    for rows in imageRowsRun[group] {
      for row in rows ?? [] where row < shares.count { shares[row] -= 1 / Double(group.count) }
    }
    return shares
  }

  /// For each pixel the mean share of the rows whose areas it lies in.
  private func shares(_ rows: [Double], width: Int, height: Int) -> [Double] {
    var sums = [Double](repeating: 0, count: width * height)
    var counts = sums
    for (area, share) in zip(areas, rows) {
      guard let area else { continue }
      func pixels(_ range: Range<Double>, _ count: Int) -> Range<Int> {
        let start = Int((range.lowerBound * Double(count)).rounded(.up))
        return start..<max(start, Int((range.upperBound * Double(count)).rounded(.up)))
      }
      for y in pixels(area.rows, height) {
        for x in pixels(area.columns, width) {
          sums[y * width + x] += share
          counts[y * width + x] += 1
        }
      }
    }
    return zip(sums, counts).map { $1 > 0 ? $0 / $1 : 0 }
  }

  /// Mixes a pixel with a dark version of it without colour, so that what ran stands out.
  private static func shade(
    _ picture: [UInt8], _ source: Int, by share: Double, into pixels: inout [UInt8], _ target: Int
  ) {
    let light =
      (Double(picture[source]) * 2 + Double(picture[source + 1]) * 5 + Double(picture[source + 2])) / 8
    let grey = light * 0.3 + 40
    for channel in 0..<3 {
      let value = Double(picture[source + channel])
      pixels[target + channel] = UInt8(min(255, max(0, value + (grey - value) * share)))
    }
  }
}
