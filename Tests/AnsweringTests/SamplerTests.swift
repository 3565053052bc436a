import Testing

@testable import Answering

@Suite struct SamplerTests {
  private func sampler(_ set: (inout SamplingOptions) -> Void) -> Sampler {
    var options = SamplingOptions()
    set(&options)
    return Sampler(options)
  }

  @Test func temperatureZeroTakesTheFirstOfTheLargest() throws {
    var sampler = Sampler()
    #expect(try sampler.next([0, 3, 3, -1], after: []) == 1)
  }

  @Test func aSeedRepeatsAndAnotherDiffers() throws {
    func draws(_ seed: UInt64) throws -> [Int] {
      var seeded = sampler { ($0.temperature, $0.seed) = (1, seed) }
      return try (0..<50).map { _ in try seeded.next([0, 0.5, 1, 0.2], after: []) }
    }
    #expect(try draws(1) == draws(1))
    #expect(try draws(1) != draws(2))
  }

  @Test func frequenciesFollowTheSoftmax() throws {
    var warm = sampler { ($0.temperature, $0.seed) = (2, 3) }
    let count = 20_000
    let ones = try (0..<count).count { _ in try warm.next([0, 2], after: []) == 1 }
    // softmax([0, 2] / 2)[1] = 0.731; three standard deviations of 20,000 draws are 0.009.
    #expect(abs(Double(ones) / Double(count) - 0.731) < 0.01)
  }

  /// Which tokens are ever drawn from probabilities of about 0.64, 0.24, 0.09 and 0.03.
  private func drawn(_ set: (inout SamplingOptions) -> Void) throws -> Set<Int> {
    var seeded = sampler {
      ($0.temperature, $0.seed) = (1, 4)
      set(&$0)
    }
    return try Set((0..<3000).map { _ in try seeded.next([1, 2, 0, 3], after: []) })
  }

  @Test func unlikelyTokensCanBeLeftOut() throws {
    #expect(try drawn { _ in } == [0, 1, 2, 3])
    #expect(try drawn { $0.topK = 2 } == [3, 1])
    #expect(try drawn { $0.topK = 1 } == [3])
    #expect(try drawn { $0.topP = 0.6 } == [3])
    #expect(try drawn { $0.topP = 0.8 } == [3, 1])
    #expect(try drawn { $0.topP = 0.9 } == [3, 1, 0])
    // The likeliest token's share is exp(−1) for the second, exp(−2) for the third.
    #expect(try drawn { $0.minP = 0.3 } == [3, 1])
    #expect(try drawn { $0.minP = 0.1 } == [3, 1, 0])
    #expect(try drawn { ($0.topK, $0.topP, $0.minP) = (3, 0.95, 0.3) } == [3, 1])
  }

  @Test func tokensThatOccurredBecomeLessLikely() throws {
    func best(_ history: [Int], _ set: (inout SamplingOptions) -> Void) throws -> Int {
      var chosen = sampler(set)
      return try chosen.next([2, 1.5, -1, -1.2], after: history)
    }
    #expect(try best([0, 0]) { $0.repeatPenalty = 1.2 } == 0)
    #expect(try best([0, 0]) { $0.repeatPenalty = 1.5 } == 1)
    #expect(try best([0]) { $0.presencePenalty = 0.4 } == 0)
    #expect(try best([0]) { $0.presencePenalty = 0.6 } == 1)
    #expect(try best([0, 0, 0]) { $0.presencePenalty = 0.4 } == 0)
    #expect(try best([0, 0, 0]) { $0.frequencyPenalty = 0.2 } == 1)
    #expect(try best([0, 1, 1, 1]) { ($0.frequencyPenalty, $0.penaltyWindow) = (1, 3) } == 0)
    #expect(try best([]) { $0.logitBias = [3: 4, 9: 100] } == 3)
    // A negative logit moves away from zero.
    var harsh = sampler { $0.repeatPenalty = 2 }
    #expect(try harsh.next([-1, -1.5], after: [0]) == 1)
  }

  static let ways: [@Sendable (inout SamplingOptions) -> Void] = [
    { _ in }, { $0.temperature = 1 }, { ($0.temperature, $0.topK) = (1, 2) },
    { ($0.temperature, $0.topP) = (1, 0.5) }, { ($0.temperature, $0.minP) = (1, 0.1) },
    { $0.repeatPenalty = 1.5 }, { ($0.presencePenalty, $0.frequencyPenalty) = (1, 1) },
    { $0.logitBias = [0: 1] },
  ]

  @Test func logitsThatAreNoNumbersChooseNothing() {
    for set in Self.ways {
      for place in 0..<4 {
        for wrong in [Float.nan, -.nan, .infinity] {
          var logits: [Float] = [1, 3, -2, 0]
          logits[place] = wrong
          var chosen = sampler(set)
          let error = #expect(throws: AnswerError.self) { try chosen.next(logits, after: [0, 1]) }
          #expect(error?.code == .notFinite)
        }
      }
      var chosen = sampler(set)
      #expect(throws: AnswerError.self) {
        try chosen.next([-.infinity, -.infinity], after: [0])
      }
    }
  }

  @Test func aBiasOfMinusInfinityForbidsAToken() throws {
    for temperature in [0.0, 1] {
      var chosen = sampler { ($0.temperature, $0.logitBias) = (temperature, [1: -.infinity]) }
      for _ in 0..<50 { #expect(try chosen.next([0, 9, 1], after: []) != 1) }
    }
  }
}
