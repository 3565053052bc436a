import Testing

@testable import Answering

@Suite struct SamplerTests {
  private func sampler(_ set: (inout SamplingOptions) -> Void) -> Sampler {
    var options = SamplingOptions()
    set(&options)
    return Sampler(options)
  }

  @Test func temperatureZeroTakesTheFirstOfTheLargest() {
    var sampler = Sampler()
    #expect(sampler.next([0, 3, 3, -1], after: []) == 1)
  }

  @Test func aSeedRepeatsAndAnotherDiffers() {
    func draws(_ seed: UInt64) -> [Int] {
      var seeded = sampler { ($0.temperature, $0.seed) = (1, seed) }
      return (0..<50).map { _ in seeded.next([0, 0.5, 1, 0.2], after: []) }
    }
    #expect(draws(1) == draws(1))
    #expect(draws(1) != draws(2))
  }

  @Test func frequenciesFollowTheSoftmax() {
    var warm = sampler { ($0.temperature, $0.seed) = (2, 3) }
    let count = 20_000
    let ones = (0..<count).count { _ in warm.next([0, 2], after: []) == 1 }
    // softmax([0, 2] / 2)[1] = 0.731; three standard deviations of 20,000 draws are 0.009.
    #expect(abs(Double(ones) / Double(count) - 0.731) < 0.01)
  }

  /// Which tokens are ever drawn from probabilities of about 0.64, 0.24, 0.09 and 0.03.
  private func drawn(_ set: (inout SamplingOptions) -> Void) -> Set<Int> {
    var seeded = sampler {
      ($0.temperature, $0.seed) = (1, 4)
      set(&$0)
    }
    return Set((0..<3000).map { _ in seeded.next([1, 2, 0, 3], after: []) })
  }

  @Test func unlikelyTokensCanBeLeftOut() {
    #expect(drawn { _ in } == [0, 1, 2, 3])
    #expect(drawn { $0.topK = 2 } == [3, 1])
    #expect(drawn { $0.topK = 1 } == [3])
    #expect(drawn { $0.topP = 0.6 } == [3])
    #expect(drawn { $0.topP = 0.8 } == [3, 1])
    #expect(drawn { $0.topP = 0.9 } == [3, 1, 0])
    // The likeliest token's share is exp(−1) for the second, exp(−2) for the third.
    #expect(drawn { $0.minP = 0.3 } == [3, 1])
    #expect(drawn { $0.minP = 0.1 } == [3, 1, 0])
    #expect(drawn { ($0.topK, $0.topP, $0.minP) = (3, 0.95, 0.3) } == [3, 1])
  }

  @Test func tokensThatOccurredBecomeLessLikely() {
    func best(_ history: [Int], _ set: (inout SamplingOptions) -> Void) -> Int {
      var chosen = sampler(set)
      return chosen.next([2, 1.5, -1, -1.2], after: history)
    }
    #expect(best([0, 0]) { $0.repeatPenalty = 1.2 } == 0)
    #expect(best([0, 0]) { $0.repeatPenalty = 1.5 } == 1)
    #expect(best([0]) { $0.presencePenalty = 0.4 } == 0)
    #expect(best([0]) { $0.presencePenalty = 0.6 } == 1)
    #expect(best([0, 0, 0]) { $0.presencePenalty = 0.4 } == 0)
    #expect(best([0, 0, 0]) { $0.frequencyPenalty = 0.2 } == 1)
    #expect(best([0, 1, 1, 1]) { ($0.frequencyPenalty, $0.penaltyWindow) = (1, 3) } == 0)
    #expect(best([]) { $0.logitBias = [3: 4, 9: 100] } == 3)
    // A negative logit moves away from zero.
    var harsh = sampler { $0.repeatPenalty = 2 }
    #expect(harsh.next([-1, -1.5], after: [0]) == 1)
  }
}
