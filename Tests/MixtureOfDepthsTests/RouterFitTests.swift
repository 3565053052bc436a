import Foundation
import ModelTesting
import Models
import StrictJSON
import Tensors
import Testing

@testable import MixtureOfDepths

@Suite struct RouterFitTests {
  private func decoder() throws -> TransformerDecoder {
    try ModelRegistry.standard.random(
      JSONObject([
        ("model_type", "llama"), ("hidden_size", 24), ("intermediate_size", 32), ("num_hidden_layers", 3),
        ("num_attention_heads", 2), ("vocab_size", 40), ("max_position_embeddings", 64),
      ]), seed: 4
    ).decoder
  }

  @Test func aLinearAimIsFoundAgain() throws {
    let fit = RouterFit(try decoder(), routed: [1], backend: Backend())
    var numbers = NormalNumbers(seed: 9)
    let direction = (0..<24).map { _ in numbers.next() }
    let values = (0..<200 * 24).map { _ in numbers.next() }
    let rows = Tensor(values, shape: [200, 24])
    let aims = (0..<200).map { row in
      (0..<24).reduce(Float(0)) { $0 + values[row * 24 + $1] * direction[$1] }
    }
    fit.add(rows, aims: aims)
    let weight = try fit.weight(spread: 0.2).floats()
    let found = (0..<24).map { weight[24 + $0] - weight[$0] }
    func dot(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    let cosine = dot(found, direction) / (dot(found, found) * dot(direction, direction)).squareRoot()
    #expect(cosine > 0.999)
    let scores = (0..<200).map { row in dot(Array(rows.rows(row..<row + 1).floats()), found) }
    let spread = (scores.reduce(0) { $0 + $1 * $1 } / 200).squareRoot()
    #expect(abs(spread - 0.2) < 1e-3)
  }

  @Test func readingAPromptFeedsEveryRoutedLayerButTheFirst() throws {
    let decoder = try decoder()
    let fit = RouterFit(decoder, routed: [0, 1, 2], backend: Backend())
    let roles: [RowRole] = [.prompt] + [RowRole](repeating: .image, count: 9) + [.prompt, .prompt]
    fit.begin(roles)
    var batch = PackedBatch()
    batch.append(roles: roles)
    let tape = Tape(backend: Backend())
    let rows = decoder.embed((0..<12).map { $0 * 3 }, tape)
    _ = decoder.forward(rows, DecoderPass(batch, tape: tape, observer: fit))
    #expect(fit.rows == 18)
    #expect(try fit.weight(spread: 0.1).floats().allSatisfy(\.isFinite))
  }

  @Test func withoutPicturesThereIsNothingToFit() throws {
    let fit = RouterFit(try decoder(), routed: [1], backend: Backend())
    #expect(throws: ModelError.self) { try fit.weight(spread: 0.2) }
  }
}
