/// The integer weights of one pass of a resize: for each output place of a range, the source places it draws
/// on.
///
/// As in Pillow's `Resample.c`: weights are computed in double precision, divided by their sum and rounded,
/// half away from zero, to multiples of 2⁻²², or of what the filter says.
struct ResamplingWeights {
  let fractionBits: Int32

  /// For each output place, the first source place.
  let first: [Int]
  /// For each output place, the number of source places.
  let counts: [Int]
  /// `stride` weights for each output place, of which the first `count` are used.
  let weights: [Int32]
  let stride: Int

  /// - Parameters:
  ///   - outputs: the places, within `0..<outputLength`, that are wanted.
  init(filter: ResamplingFilter, inputLength: Int, outputLength: Int, outputs: Range<Int>) {
    let scale = Double(inputLength) / Double(outputLength)
    let filterScale = max(scale, 1)
    let inverseScale = 1 / filterScale
    let support = filter.support * filterScale
    let stride = min(Int(support.rounded(.up)) * 2 + 1, inputLength)
    var first: [Int] = []
    var counts: [Int] = []
    var weights = [Double](repeating: 0, count: outputs.count * stride)
    var row = [Double](repeating: 0, count: stride)
    first.reserveCapacity(outputs.count)
    counts.reserveCapacity(outputs.count)
    for (index, output) in outputs.enumerated() {
      let center = (Double(output) + 0.5) * scale
      let from = max(0, Int(center - support + 0.5))
      let to = min(inputLength, Int(center + support + 0.5))
      var sum = 0.0
      for place in from..<to {
        let weight = filter.weight(at: (Double(place) - center + 0.5) * inverseScale)
        row[place - from] = weight
        sum += weight
      }
      for place in 0..<to - from {
        weights[index * stride + place] = sum == 0 ? row[place] : row[place] / sum
      }
      first.append(from)
      counts.append(to - from)
    }
    self.first = first
    self.counts = counts
    let fractionBits = filter.fractionBits(largest: weights.max() ?? 0)
    self.fractionBits = fractionBits
    self.weights = weights.map { weight in
      let scaled = weight * Double(1 << fractionBits)
      return Int32(scaled < 0 ? scaled - 0.5 : scaled + 0.5)
    }
    self.stride = stride
  }

  /// The outputs that draw on any of the given source places.
  func outputs(drawingOn places: Range<Int>) -> Range<Int> {
    guard let start = first.indices.first(where: { first[$0] + counts[$0] > places.lowerBound }) else {
      return 0..<0
    }
    let end = first[start...].firstIndex { $0 >= places.upperBound } ?? first.endIndex
    return start..<max(start, end)
  }

  /// The source places that any output draws on.
  var sources: Range<Int> {
    guard let lowest = first.first, let last = first.last, let count = counts.last else { return 0..<0 }
    return lowest..<last + count
  }
}
