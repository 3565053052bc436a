internal import Foundation
internal import Plotting
internal import StrictJSON

/// The losses of a run by its steps, as its log holds them.
struct LossCurve {
  /// More points than a picture can show apart are averaged.
  private static let mostPoints = 300
  /// What a step minimises, and the part of it that held-out samples have too.
  private static let total = "loss"
  private static let parts = ["answers", "labels"]

  private let title: String
  private var learnt: [LinePlot.Point] = []
  private var heldOut: [LinePlot.Point] = []

  /// - Throws: `JSONError` if the log cannot be read.
  init(log url: URL) throws {
    title = url.deletingLastPathComponent().lastPathComponent
    var reader = try JSONLinesReader(url)
    while let line = try reader.readObject() {
      let step = try line.double("step")
      if line["kind"]?.string == "train", let loss = line[Self.total]?.double {
        learnt.append(LinePlot.Point(x: step, y: loss))
      } else if let loss = Self.parts.compactMap({ line[$0]?.double }).first {
        heldOut.append(LinePlot.Point(x: step, y: loss))
      }
    }
  }

  /// An SVG file; nil while there is nothing to show.
  var svg: String? {
    guard learnt.count + heldOut.count > 1 else { return nil }
    let series = [
      LinePlot.Series("training", LinePlot.thinned(learnt, to: Self.mostPoints), .line),
      LinePlot.Series("held out", heldOut, .pointsOnLine),
    ]
    return LinePlot(
      title: "Loss by step", subtitle: title, xName: "step", yName: "loss",
      series: heldOut.isEmpty ? Array(series.prefix(1)) : series
    ).svg
  }
}
