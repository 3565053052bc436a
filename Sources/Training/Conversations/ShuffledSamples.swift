internal import Models
internal import Synchronization

/// Samples in an order that is another one each time round, and follows from a seed.
final class ShuffledSamples: Sendable {
  private let samples: [InstructionSample]
  private let seed: UInt64
  private let order = Mutex<(round: Int, places: [Int])>((-1, []))

  init(_ samples: [InstructionSample], seed: UInt64) {
    self.samples = samples
    self.seed = seed
  }

  var count: Int { samples.count }

  func sample(at place: Int) -> InstructionSample {
    let (round, index) = place.quotientAndRemainder(dividingBy: samples.count)
    return order.withLock { order in
      if order.round != round { order = (round, Self.shuffled(samples.count, seed: seed, round: round)) }
      return samples[order.places[index]]
    }
  }

  /// Fisher and Yates' shuffle.
  private static func shuffled(_ count: Int, seed: UInt64, round: Int) -> [Int] {
    var numbers = NormalNumbers(seed: seed &+ UInt64(round) &* 0x9E37_79B9_7F4A_7C15)
    var places = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) {
      places.swapAt(last, min(last, Int(numbers.uniform() * Double(last + 1))))
    }
    return places
  }
}
