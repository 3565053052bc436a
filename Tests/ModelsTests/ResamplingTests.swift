import Testing

@testable import Models

/// Weights along one axis against what PyTorch's `interpolate` answers for the same numbers.
@Suite struct ResamplingTests {
  private static let numbers: [Float] = [0.5, -1, 2, 0.25, 3, -0.75]

  private func expect(
    _ line: Resampling.Line, _ expected: [Float], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let values = line.map { parts in parts.reduce(0) { $0 + $1.weight * Self.numbers[$1.row] } }
    #expect(values.count == expected.count, sourceLocation: sourceLocation)
    for (value, wanted) in zip(values, expected) {
      #expect(abs(value - wanted) < 2e-6, "\(values)", sourceLocation: sourceLocation)
    }
  }

  @Test func alignedCorners() {
    expect(Resampling.alignedCorners(from: 4, to: 7), [0.5, -0.25, -1, 0.5, 2, 1.125, 0.25])
    expect(Resampling.alignedCorners(from: 6, to: 3), [0.5, 1.125, -0.75])
    expect(Resampling.alignedCorners(from: 5, to: 5), Array(Self.numbers.prefix(5)))
  }

  @Test func linear() {
    expect(Resampling.linear(from: 4, to: 7), [0.5, -0.035714, -0.892857, 0.5, 1.875, 0.875, 0.25])
    expect(Resampling.linear(from: 6, to: 3), [-0.25, 1.125, 1.125])
    expect(Resampling.linear(from: 6, to: 3, step: 2), [-0.25, 1.125, 1.125])
  }

  @Test func smoothCubic() {
    expect(
      Resampling.smoothCubic(from: 4, to: 7),
      [0.618991, -0.067623, -1.024268, 0.515625, 2.012952, 0.893135, 0.111178])
    expect(Resampling.smoothCubic(from: 6, to: 3), [-0.036611, 1.183206, 1.012552])
    expect(Resampling.smoothCubic(from: 5, to: 5), Array(Self.numbers.prefix(5)))
  }
}
