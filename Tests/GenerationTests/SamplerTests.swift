import Testing

@testable import Generation

@Suite struct SamplerTests {
  private func draw(_ sampler: inout Sampler, _ logits: [Float]) -> Int {
    logits.withUnsafeBufferPointer { sampler.next($0) }
  }

  @Test func temperatureZeroTakesTheFirstOfTheLargest() {
    var sampler = Sampler()
    #expect(draw(&sampler, [0, 3, 3, -1]) == 1)
  }

  @Test func aSeedRepeatsAndAnotherDiffers() {
    func draws(_ seed: UInt64) -> [Int] {
      var sampler = Sampler(temperature: 1, seed: seed)
      return (0..<50).map { _ in draw(&sampler, [0, 0.5, 1, 0.2]) }
    }
    #expect(draws(1) == draws(1))
    #expect(draws(1) != draws(2))
  }

  @Test func frequenciesFollowTheSoftmax() {
    var sampler = Sampler(temperature: 2, seed: 3)
    let count = 20_000
    let ones = (0..<count).count { _ in draw(&sampler, [0, 2]) == 1 }
    // softmax([0, 2] / 2)[1] = 0.731; three standard deviations of 20,000 draws are 0.009.
    #expect(abs(Double(ones) / Double(count) - 0.731) < 0.01)
  }
}
