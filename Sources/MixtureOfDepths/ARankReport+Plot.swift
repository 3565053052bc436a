internal import Plotting
internal import Wording

extension ARankReport {
  /// A heat map as an SVG file: a row per layer, a column per variant, and the order in which layers should stay dense.
  package var svg: String {
    var place = [String](repeating: "", count: layerCount)
    for (index, layer) in order().enumerated() { place[layer] = String(index + 1) }
    return HeatMap(
      title: "ARank by layer",
      subtitle: "\(Self.short(model)) · \(Self.short(data)) · \(counted(samples, "sample"))",
      unit: "mean rank", columns: Variant.allCases.map { HeatMap.Column($0.rawValue, values($0)) },
      note: ("dense order", place)
    ).svg
  }

  /// The end of a path, which is what tells models apart.
  private static func short(_ path: String) -> String {
    let name = path.split(separator: "/").suffix(2).joined(separator: "/")
    return name.count > 32 ? "…" + name.suffix(31) : name
  }
}
