/// Parts of an SVG file.
enum SVG {
  /// The element that opens a file with a white ground, a title and a line below it; the caller closes it.
  static func opening(width: Int, height: Int, title: String, subtitle: String) -> String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width) \(height)" width="\(width)" height="\(height)" \
    role="img" font-family="system-ui, sans-serif" font-size="13" fill="#1a1a1a">
    <title>\(escaped(title))</title>
    <rect width="\(width)" height="\(height)" fill="#ffffff"/>
    <text x="16" y="28" font-size="17" font-weight="600">\(escaped(title))</text>
    \(text(16, 48, subtitle, fill: "#555555"))
    """
  }

  static func text(
    _ x: Int, _ y: Int, _ content: String, anchor: String = "start", fill: String = "#1a1a1a"
  ) -> String {
    "<text x=\"\(x)\" y=\"\(y)\" text-anchor=\"\(anchor)\" fill=\"\(fill)\">\(escaped(content))</text>"
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
