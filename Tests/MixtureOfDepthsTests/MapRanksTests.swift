import Foundation
import ModelTesting
import Models
import Tensors
import Testing

@testable import MixtureOfDepths

/// Counted ranks against those from all singular values.
@Suite struct MapRanksTests {
  /// Attention maps of one kind; the last query sees the last key.
  enum Kind: CaseIterable {
    case noise, sharp, sink, lowRank, repeatedRows, sameEverywhere, itselfOnly, previousOnly, unmasked

    /// - Shape: `[rows, rows + before]`
    func map(rows: Int, before: Int, seed: UInt64) -> Tensor {
      let (width, keys) = (24, rows + before)
      let query = TinyModel.rows(rows, width: width, seed: seed).floats()
      let key = TinyModel.rows(keys, width: width, seed: seed + 1).floats()
      func product(_ row: Int, _ column: Int, of count: Int) -> Float {
        (0..<count).reduce(0) { $0 + query[row * width + $1] * key[column * width + $1] }
      }
      func score(_ row: Int, _ column: Int) -> Float {
        switch self {
        case .noise, .unmasked: product(row, column, of: width) * 0.2
        case .sharp: product(row, column, of: width) * 4
        case .sink: product(row, column, of: width) * 0.1 + (column == 0 ? 6 : 0)
        case .lowRank: product(row, column, of: 2) * 0.3
        case .repeatedRows: product(row / 4, column, of: width)
        case .sameEverywhere: 0
        case .itselfOnly: column == row + before ? 100 : 0
        case .previousOnly: column == row + before - 1 ? 100 : 0
        }
      }
      var values = [Float](repeating: 0, count: rows * keys)
      for row in 0..<rows {
        let seen = self == .unmasked ? keys : row + before + 1
        let scores = (0..<seen).map { score(row, $0) }
        let top = scores.max() ?? 0
        let weights = scores.map { exp($0 - top) }
        let sum = weights.reduce(0, +)
        for column in 0..<seen { values[row * keys + column] = weights[column] / sum }
      }
      return Tensor(values, shape: [rows, keys])
    }
  }

  private static let sizes = [
    (rows: 1, before: 0), (2, 0), (3, 1), (5, 0), (23, 0), (24, 7), (25, 0), (49, 0), (64, 100), (133, 0),
    (240, 0),
  ]

  private func ranks(_ map: Tensor, _ method: RankMeter.Method, _ backend: Backend = Backend()) throws
    -> MapRanks
  {
    let copy = Tensor(map.floats(), shape: map.shape)
    return try MapRanks(destroying: copy, method: method, backend: backend, pool: MemoryPool())
  }

  @Test(arguments: Kind.allCases) func countingFindsTheRank(_ kind: Kind) throws {
    for (rows, before) in Self.sizes {
      let map = kind.map(rows: rows, before: before, seed: UInt64(rows))
      let exact = try ranks(map, .singularValues)
      for backend in Backend.all {
        let counted = try ranks(map, .counting, backend)
        let name = "\(rows) rows, \(before) before, \(backend.summary): \(counted), not \(exact)"
        #expect(abs(try #require(counted.plain) - #require(exact.plain)) <= 1, "\(name)")
        #expect(abs(counted.strictLower - exact.strictLower) <= 1, "\(name)")
      }
    }
  }

  @Test func knownRanksAreCounted() throws {
    let pool = MemoryPool()
    func ranks(_ rows: Int, _ value: (Int, Int) -> Float) throws -> [Int?] {
      let matrix = Tensor((0..<rows * rows).map { value($0 / rows, $0 % rows) }, shape: [rows, rows])
      let ranks = try MapRanks(destroying: matrix, method: .counting, backend: Backend(), pool: pool)
      return [ranks.plain, ranks.strictLower]
    }
    for rows in [1, 2, 9, 24, 65, 150] {
      #expect(try ranks(rows) { _, _ in 0 } == [0, 0])
      #expect(try ranks(rows) { $0 == $1 ? 1 : 0 } == [rows, 0])
      // Without the diagonal the first row and the last column are empty.
      #expect(try ranks(rows) { $0 >= $1 ? 1 : 0 } == [rows, rows - 1])
      // Rows 0, 4, 8, …, each four times.
      #expect(try ranks(rows) { $0 / 4 == $1 / 4 && $1 % 4 == 0 ? 1 : 0 }[0] == (rows + 3) / 4)
    }
  }

  @Test func ranksAreTheSameOnAnyNumberOfThreads() throws {
    let model = try TinyModel.dense(seed: 3)
    func measure(threads: Int) throws -> [[Double]] {
      let backend = Backend(threads: threads)
      let meter = RankMeter(layers: TinyModel.layers, backend: backend)
      var batch = PackedBatch()
      batch.append(roles: [RowRole](repeating: .prompt, count: 70))
      batch.append(roles: [RowRole](repeating: .prompt, count: 31))
      let tape = Tape(backend: backend)
      let rows = Value(constant: TinyModel.rows(101, seed: 4))
      _ = model.decoder.forward(rows, DecoderPass(batch, tape: tape, observer: meter))
      return try [meter.plain, meter.strictLower]
    }
    let single = try measure(threads: 1)
    #expect(single.joined().allSatisfy { $0 > 1 && $0 <= 50.5 })
    for threads in [1, 2, 3, 8] { #expect(try measure(threads: threads) == single, "\(threads) threads") }
  }

  @Test(arguments: [RankMeter.Method.counting, .singularValues])
  func mapsThatHoldNaNHaveNoRank(_ method: RankMeter.Method) {
    for wrong in [Float.nan, .infinity] {
      for place in [0, 5, 8] {
        var numbers = [Float](repeating: 0.3, count: 9)
        numbers[place] = wrong
        #expect(throws: ModelError.self) { try ranks(Tensor(numbers, shape: [3, 3]), method) }
      }
    }
  }

  @Test func aLayerWithoutRanksIsNamed() throws {
    let model = try TinyModel.dense(seed: 3)
    let key = try #require(model.decoder.parameters.first { $0.name.contains("layers.2.self_attn.k_proj") })
    var values = key.tensor.floats()
    values[7] = .nan
    key.tensor = Tensor(values, shape: key.shape)
    let backend = Backend()
    let meter = RankMeter(layers: TinyModel.layers, backend: backend)
    var batch = PackedBatch()
    batch.append(roles: [RowRole](repeating: .prompt, count: 20))
    _ = model.decoder.forward(
      Value(constant: TinyModel.rows(20, seed: 4)),
      DecoderPass(batch, tape: Tape(backend: backend), observer: meter))
    let error = #expect(throws: ModelError.self) { try meter.check() }
    #expect(error?.description.contains("layer 2") == true, "\(error.debugDescription)")
    #expect(throws: ModelError.self) { try meter.plain }
    #expect(throws: ModelError.self) { try meter.strictLower }
  }
}
