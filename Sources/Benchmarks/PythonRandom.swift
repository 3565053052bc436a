/// Python's `random` after `random.seed(seed)`: the Mersenne Twister MT19937 with its seeding by array.
///
/// MMMU's parser draws a letter where it finds none, and its published scores depend on the draws.
struct PythonRandom {
  private static let size = 624
  private static let period = 397
  private var state: [UInt32]
  private var position = PythonRandom.size

  init(seed: UInt32) {
    state = [19_650_218]
    for index in 1..<Self.size {
      let last = state[index - 1]
      state.append(1_812_433_253 &* (last ^ (last >> 30)) &+ UInt32(index))
    }
    var index = 1
    for _ in 0..<Self.size {
      let last = state[index - 1]
      state[index] = (state[index] ^ ((last ^ (last >> 30)) &* 1_664_525)) &+ seed
      index = next(index)
    }
    for _ in 0..<(Self.size - 1) {
      let last = state[index - 1]
      state[index] = (state[index] ^ ((last ^ (last >> 30)) &* 1_566_083_941)) &- UInt32(index)
      index = next(index)
    }
    state[0] = 0x8000_0000
  }

  /// The seeding's next index; it steps over the first element and carries its value along.
  private mutating func next(_ index: Int) -> Int {
    if index + 1 < Self.size { return index + 1 }
    state[0] = state[Self.size - 1]
    return 1
  }

  /// `random.choice(range(count))`, for a positive count.
  mutating func choice(_ count: Int) -> Int {
    let bits = Int.bitWidth - count.leadingZeroBitCount
    while true {
      let drawn = Int(word() >> UInt32(32 - bits))
      if drawn < count { return drawn }
    }
  }

  private mutating func word() -> UInt32 {
    if position == Self.size { refill() }
    var word = state[position]
    position += 1
    word ^= word >> 11
    word ^= (word << 7) & 0x9D2C_5680
    word ^= (word << 15) & 0xEFC6_0000
    return word ^ (word >> 18)
  }

  private mutating func refill() {
    for index in 0..<Self.size {
      let bits = (state[index] & 0x8000_0000) | (state[(index + 1) % Self.size] & 0x7FFF_FFFF)
      let twist: UInt32 = bits & 1 == 1 ? 0x9908_B0DF : 0
      state[index] = state[(index + Self.period) % Self.size] ^ (bits >> 1) ^ twist
    }
    position = 0
  }
}
