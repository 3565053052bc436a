internal import Foundation

extension ARankReport {
  /// A heat map as an SVG file: a row per layer, a column per variant, and the order in which layers should stay dense.
  public var svg: String {
    let (left, top, cellWidth, cellHeight) = (76, 92, 132, 22)
    let variants = Variant.allCases
    let orderLeft = left + variants.count * cellWidth + 16
    let (width, height) = (orderLeft + 92, top + layerCount * cellHeight + 66)
    let all = variants.flatMap(values).filter(\.isFinite)
    let (low, high) = (all.min() ?? 0, all.max() ?? 0)
    var place = [Int](repeating: 0, count: layerCount)
    for (index, layer) in order().enumerated() { place[layer] = index + 1 }

    var parts = [
      """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width) \(height)" width="\(width)" height="\(height)" \
      role="img" font-family="system-ui, sans-serif" font-size="13" fill="#1a1a1a">
      <title>ARank by layer</title>
      <rect width="\(width)" height="\(height)" fill="#ffffff"/>
      <text x="16" y="28" font-size="17" font-weight="600">ARank by layer</text>
      """,
      Self.text(16, 48, "\(Self.short(model)) · \(Self.short(data)) · \(samples) samples", fill: "#555555"),
      Self.text(16, top - 10, "layer"),
      Self.text(orderLeft, top - 10, "dense order"),
    ]
    for (column, variant) in variants.enumerated() {
      let x = left + column * cellWidth
      parts.append(Self.text(x + cellWidth / 2, top - 10, variant.rawValue, anchor: "middle"))
      for (layer, value) in values(variant).enumerated() {
        let share = high > low && value.isFinite ? (value - low) / (high - low) : 0
        let colour = HeatColour(share)
        let y = top + layer * cellHeight
        parts.append(
          """
          <rect x="\(x + 1)" y="\(y + 1)" width="\(cellWidth - 2)" height="\(cellHeight - 2)" fill="\(colour.hex)"/>
          """)
        parts.append(
          Self.text(
            x + cellWidth / 2, y + 16, Self.decimal(value), anchor: "middle", fill: colour.textColour))
      }
    }
    for layer in 0..<layerCount {
      let y = top + layer * cellHeight + 16
      parts.append(Self.text(left - 14, y, "\(layer)", anchor: "end"))
      parts.append(Self.text(orderLeft + 40, y, "\(place[layer])", anchor: "end"))
    }
    parts += Self.legend(
      x: left, y: top + layerCount * cellHeight + 20, width: variants.count * cellWidth, low: low, high: high)
    return parts.joined(separator: "\n") + "\n</svg>\n"
  }

  private static func legend(x: Int, y: Int, width: Int, low: Double, high: Double) -> [String] {
    let steps = 24
    let bars = (0..<steps).map { step in
      let (from, to) = (x + width * step / steps, x + width * (step + 1) / steps)
      let colour = HeatColour((Double(step) + 0.5) / Double(steps))
      return "<rect x=\"\(from)\" y=\"\(y)\" width=\"\(to - from)\" height=\"10\" fill=\"\(colour.hex)\"/>"
    }
    return bars + [
      text(x, y + 26, decimal(low)), text(x + width, y + 26, decimal(high), anchor: "end"),
      text(x + width / 2, y + 26, "mean rank", anchor: "middle", fill: "#555555"),
    ]
  }

  private static func text(
    _ x: Int, _ y: Int, _ content: String, anchor: String = "start", fill: String = "#1a1a1a"
  ) -> String {
    "<text x=\"\(x)\" y=\"\(y)\" text-anchor=\"\(anchor)\" fill=\"\(fill)\">\(escaped(content))</text>"
  }

  private static func decimal(_ value: Double) -> String { String(format: "%.2f", value) }

  /// The end of a path, which is what tells models apart.
  private static func short(_ path: String) -> String {
    let name = path.split(separator: "/").suffix(2).joined(separator: "/")
    return name.count > 32 ? "…" + name.suffix(31) : name
  }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      default: result.unicodeScalars.append(scalar.properties.generalCategory == .control ? " " : scalar)
      }
    }
    return result
  }
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
