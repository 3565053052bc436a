internal import Foundation

/// Numbers by layer as a coloured table, written as an SVG file.
package struct HeatMap {
  package struct Column {
    package let name: String
    package let values: [Double]

    package init(_ name: String, _ values: [Double]) {
      self.name = name
      self.values = values
    }
  }

  private let title: String
  private let subtitle: String
  /// What the numbers are, for the legend.
  private let unit: String
  private let columns: [Column]
  /// A last column without colours.
  private let note: (name: String, texts: [String])?
  private let decimals: Int

  /// - Parameter columns: At least one; all with a value for each layer.
  package init(
    title: String, subtitle: String, unit: String, columns: [Column],
    note: (name: String, texts: [String])? = nil, decimals: Int = 2
  ) {
    self.title = title
    self.subtitle = subtitle
    self.unit = unit
    self.columns = columns
    self.note = note
    self.decimals = decimals
  }

  package var svg: String {
    let (left, top, cellHeight) = (76, 92, 22)
    let cellWidth = max(132 - 12 * columns.count, 84)
    let layers = columns.map(\.values.count).min() ?? 0
    let noteLeft = left + columns.count * cellWidth + 16
    let (width, height) = (max(noteLeft + (note == nil ? 16 : 92), 420), top + layers * cellHeight + 66)
    let all = columns.flatMap(\.values).filter(\.isFinite)
    let (low, high) = (all.min() ?? 0, all.max() ?? 0)

    var parts = [SVG.opening(width: width, height: height, title: title, subtitle: subtitle)]
    parts.append(SVG.text(16, top - 10, "layer"))
    for (index, column) in columns.enumerated() {
      let x = left + index * cellWidth
      parts.append(SVG.text(x + cellWidth / 2, top - 10, column.name, anchor: "middle"))
      for (layer, value) in column.values.prefix(layers).enumerated() {
        let share = high > low && value.isFinite ? (value - low) / (high - low) : 0
        let colour = HeatColour(share)
        let y = top + layer * cellHeight
        parts.append(
          """
          <rect x="\(x + 1)" y="\(y + 1)" width="\(cellWidth - 2)" height="\(cellHeight - 2)" fill="\(colour.hex)"/>
          """)
        parts.append(
          SVG.text(x + cellWidth / 2, y + 16, decimal(value), anchor: "middle", fill: colour.textColour))
      }
    }
    if let note { parts.append(SVG.text(noteLeft, top - 10, note.name)) }
    for layer in 0..<layers {
      let y = top + layer * cellHeight + 16
      parts.append(SVG.text(left - 14, y, "\(layer)", anchor: "end"))
      if let note { parts.append(SVG.text(noteLeft + 40, y, note.texts[layer], anchor: "end")) }
    }
    parts += legend(
      x: left, y: top + layers * cellHeight + 20, width: columns.count * cellWidth, low: low, high: high)
    return parts.joined(separator: "\n") + "\n</svg>\n"
  }

  private func legend(x: Int, y: Int, width: Int, low: Double, high: Double) -> [String] {
    let steps = 24
    let bars = (0..<steps).map { step in
      let (from, to) = (x + width * step / steps, x + width * (step + 1) / steps)
      let colour = HeatColour((Double(step) + 0.5) / Double(steps))
      return "<rect x=\"\(from)\" y=\"\(y)\" width=\"\(to - from)\" height=\"10\" fill=\"\(colour.hex)\"/>"
    }
    return bars + [
      SVG.text(x, y + 26, decimal(low)), SVG.text(x + width, y + 26, decimal(high), anchor: "end"),
      SVG.text(x + width / 2, y + 26, unit, anchor: "middle", fill: "#555555"),
    ]
  }

  private func decimal(_ value: Double) -> String { String(format: "%.\(decimals)f", value) }
}

/// A colour between light and dark blue (ColorBrewer's Blues, which colour-blind readers and greyscale print tell
/// apart).
private struct HeatColour {
  private static let stops: [[Double]] = [
    [239, 243, 255], [189, 215, 231], [107, 174, 214], [49, 130, 189], [8, 81, 156],
  ]
  private let channels: [Double]

  /// - Parameter share: 0 is light and 1 is dark.
  init(_ share: Double) {
    let position = min(max(share, 0), 1) * Double(Self.stops.count - 1)
    let index = min(Int(position), Self.stops.count - 2)
    channels = zip(Self.stops[index], Self.stops[index + 1]).map {
      ($0 + ($1 - $0) * (position - Double(index))).rounded()
    }
  }

  var hex: String { "#" + channels.map { String(format: "%02x", Int($0)) }.joined() }

  /// Black or white, whichever has more contrast (WCAG 2.2's relative luminance).
  var textColour: String {
    let linear = channels.map { channel in
      let value = channel / 255
      return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
    }
    let luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return (luminance + 0.05) / 0.05 >= 1.05 / (luminance + 0.05) ? "#000000" : "#ffffff"
  }
}
