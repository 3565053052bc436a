/// Steele, Lea and Flood's SplitMix64: the same numbers on every platform, and a fresh stream per seed and index.
package struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) {
    state = seed
  }

  /// A stream of its own for element `index` of the sequence that `seed` names, reached without the elements before.
  package init(seed: UInt64, index: UInt64) {
    state = Self.mix(seed &+ Self.increment) ^ Self.mix(index &* Self.increment &+ 0x632B_E59B_D9B4_E019)
  }

  private static let increment: UInt64 = 0x9E37_79B9_7F4A_7C15

  package mutating func next() -> UInt64 {
    state &+= Self.increment
    return Self.mix(state)
  }

  /// Spreads every input bit over all output bits; one to one.
  package static func mix(_ value: UInt64) -> UInt64 {
    var bits = value
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }

  /// A number in 0..<bound, for a positive bound.
  ///
  /// Takes exactly one draw, so that streams stay aligned; the bias is below bound / 2⁶⁴.
  package mutating func below(_ bound: Int) -> Int {
    Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  package mutating func chance(_ numerator: Int, in denominator: Int) -> Bool {
    below(denominator) < numerator
  }

  /// An index of `weights`, each drawn in proportion to its weight; at least one weight is positive.
  package mutating func weightedIndex(_ weights: [Int]) -> Int {
    var rest = below(weights.reduce(0, +))
    for (index, weight) in weights.enumerated() {
      if rest < weight { return index }
      rest -= weight
    }
    return weights.count - 1
  }

  package mutating func pick<Element>(_ elements: [Element]) -> Element? {
    elements.isEmpty ? nil : elements[below(elements.count)]
  }

  /// Fisher and Yates' shuffle, written out because the library's own may change between releases.
  package mutating func shuffle<Element>(_ elements: inout [Element]) {
    for last in stride(from: elements.count - 1, to: 0, by: -1) {
      elements.swapAt(last, below(last + 1))
    }
  }
}
