import Foundation
import Testing

@testable import Plotting

@Suite struct LinePlotTests {
  private func plot(_ points: [LinePlot.Point], _ look: LinePlot.Series.Look) -> String {
    LinePlot(
      title: "T", subtitle: "S", xName: "x", yName: "y", series: [LinePlot.Series("a", points, look)]
    ).svg
  }

  @Test func axesAreMarkedAtRoundSteps() {
    #expect(PlotAxis([0, 100]).marks == [0, 20, 40, 60, 80, 100])
    #expect(PlotAxis([12, 47]).marks == [10, 15, 20, 25, 30, 35, 40, 45, 50])
    let small = PlotAxis([0.31, 0.94])
    #expect(small.marks.map(small.label) == ["0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9", "1.0"])
    #expect(PlotAxis([5, 5]).marks.count >= 2)
  }

  @Test func theEndsOfAnAxisHoldAllValues() {
    for values in [[0, 1], [-3, 7], [99.9, 100.1], [1e-9, 2e-9], [0, 123_456]] as [[Double]] {
      let axis = PlotAxis(values)
      #expect(values.allSatisfy { (-1e-6...1 + 1e-6).contains(axis.share($0)) }, "\(values)")
    }
  }

  @Test func aLineHasNoMarksAndPointsHaveNoLine() {
    let points = [LinePlot.Point(x: 0, y: 1), LinePlot.Point(x: 10, y: 3, spread: 1)]
    // The legend has one mark.
    func circles(_ look: LinePlot.Series.Look) -> Int {
      plot(points, look).split(separator: "<circle").count - 1
    }
    #expect(circles(.line) == 1 && circles(.points) == 3 && circles(.pointsOnLine) == 3)
    #expect(plot(points, .line).contains("stroke-width=\"2\""))
    #expect(!plot(points, .points).contains("stroke-width=\"2\""))
  }

  @Test func numbersThatAreNoneDrawNothingWrong() {
    let odd = [Double.nan, .infinity, -.infinity, 1e308, 1].enumerated().map {
      LinePlot.Point(x: Double($0), y: $1)
    }
    #expect(plot(odd, .pointsOnLine).hasSuffix("</svg>\n"))
    #expect(plot([], .line).hasSuffix("</svg>\n"))
  }

  @Test func plotsShowEverySeries() {
    let points = [
      LinePlot.Point(x: 0, y: 92, spread: 0.5), LinePlot.Point(x: 33, y: 88.5, spread: 1),
    ]
    let svg = LinePlot(
      title: "a < b", subtitle: "", xName: "x", yName: "y",
      series: [
        LinePlot.Series("line", points, .pointsOnLine),
        LinePlot.Series("one & only", [points[1]], .points),
      ]
    ).svg
    #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n"))
    for text in ["a &lt; b", "one &amp; only", ">line<", ">93<", ">35<"] {
      #expect(svg.contains(text), "\(text)")
    }
    #expect(svg.components(separatedBy: "<circle").count == 4)
  }
}
