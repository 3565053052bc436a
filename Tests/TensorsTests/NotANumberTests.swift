import Foundation
import Testing

@testable import Tensors

/// NaN goes through every kernel to the end, where it is an error; none makes a number of it.
@Suite struct NotANumberTests {
  private static let heads = AttentionHeads(queryHeads: 4, keyValueHeads: 2, headWidth: 20)

  enum Side: CaseIterable { case query, key, value }

  /// Where the wrong number stands: among kept rows or among those of the same pass.
  enum Place: CaseIterable { case kept, fresh }

  private func tensor(_ rows: Int, _ heads: Int, _ generator: inout SeededGenerator) -> Tensor {
    let count = rows * heads * Self.heads.headWidth
    return Tensor(
      (0..<count).map { _ in Float.random(in: -1...1, using: &generator) }, shape: [rows, count / rows])
  }

  private func planted(_ tensor: Tensor, row: Int, column: Int) -> Tensor {
    var values = tensor.floats()
    values[row * tensor.width + column] = .nan
    return Tensor(values, shape: tensor.shape)
  }

  @Test(arguments: Side.allCases, Place.allCases) func attentionPassesNaNOn(_ side: Side, _ place: Place) {
    let width = Self.heads.headWidth
    for format in KeyValueFormat.allCases {
      for (precision, queries) in [
        (WeightPrecision.float32, 1), (.float32, 2), (.float32, 3), (.float32, 60), (.bfloat16, 70),
      ] {
        for backend in OperationTests.backends {
          var generator = SeededGenerator(state: 5)
          var (query, key) = (tensor(queries, 4, &generator), tensor(queries, 2, &generator))
          var value = tensor(queries, 2, &generator)
          var (oldKey, oldValue) = (tensor(40, 2, &generator), tensor(40, 2, &generator))
          // Head 1 of the keys and values, which query heads 2 and 3 read; every query sees these rows.
          switch (side, place) {
          case (.query, _): query = planted(query, row: 0, column: 2 * width + 3)
          case (.key, .kept): oldKey = planted(oldKey, row: 17, column: width + 3)
          case (.key, .fresh): key = planted(key, row: 0, column: width + 3)
          case (.value, .kept): oldValue = planted(oldValue, row: 17, column: width + 3)
          case (.value, .fresh): value = planted(value, row: 0, column: width + 3)
          }
          var kept = KeyValueRows(Self.heads, format: format, store: KeyValueStore())
          kept.append(key: oldKey, value: oldValue, backend: backend)
          let item = AttentionItem(
            queries: 0..<queries, spans: [.kept(kept), .rows(0..<queries)], isCausal: true, window: nil)
          let output = Tape(backend: backend).attention(
            query: Value(constant: query), key: Value(constant: key), value: Value(constant: value),
            heads: Self.heads, items: [item], precision: precision
          ).tensor.floats()
          let rows = side == .query ? 0..<1 : 0..<queries
          for row in rows {
            let number = output[row * 4 * width + 2 * width + 3]
            #expect(number.isNaN, "\(format) \(precision) \(queries), row \(row): \(backend.summary)")
          }
          // The other head has nothing to do with it.
          #expect(output.prefix(2 * width).allSatisfy { $0.isFinite })
        }
      }
    }
  }

  @Test(arguments: PackedMatrix.Format.made, [1, 3, 14, 40])
  func packedProductsPassNaNOn(_ format: PackedMatrix.Format, rows: Int) {
    var generator = SeededGenerator(state: 9)
    let (inputs, outputs) = (256, 70)
    let weights = Tensor(
      (0..<inputs * outputs).map { _ in Float.random(in: -1...1, using: &generator) },
      shape: [outputs, inputs])
    for wrong in [Float.nan, .infinity] {
      for column in [0, 77, 255] {
        var numbers = (0..<rows * inputs).map { _ in Float.random(in: -1...1, using: &generator) }
        numbers[(rows - 1) * inputs + column] = wrong
        for backend in OperationTests.backends {
          let matrix = PackedMatrix(weights, format: format, backend: backend)
          let result = Tape(backend: backend).linear(
            Value(constant: Tensor(numbers, shape: [rows, inputs])), Parameter(name: "w", packed: matrix)
          ).tensor
          let last = result.rows(rows - 1..<rows).floats()
          #expect(last.allSatisfy { !$0.isFinite }, "\(wrong) at \(column): \(backend.summary)")
          #expect(result.rows(0..<rows - 1).isFinite)
        }
      }
    }
  }

  @Test(arguments: [1, 5, 16, 37]) func elementwiseOperationsPassNaNOn(count: Int) {
    for backend in OperationTests.backends {
      let tape = Tape(backend: backend)
      for place in [0, count / 2, count - 1] {
        var numbers = (0..<count).map { Float($0) / 10 - 1 }
        numbers[place] = .nan
        let x = Value(constant: Tensor(numbers, shape: [1, count]))
        let ones = Value(constant: Tensor([Float](repeating: 1, count: count), shape: [1, count]))
        for kind in Activation.allCases {
          #expect(tape.activation(kind, x).tensor.floats()[place].isNaN, "\(kind): \(backend.summary)")
        }
        #expect(tape.gated(gate: x, up: ones).tensor.floats()[place].isNaN, "\(backend.summary)")
        let loss = tape.crossEntropy(x, targets: [0], scale: 1).tensor.scalar
        #expect(!loss.isFinite, "\(backend.summary)")
      }
    }
  }

  @Test func tensorsTellWhetherTheyAreFinite() {
    for count in [1, 3, 17, 1000] {
      let numbers = [Float](repeating: .greatestFiniteMagnitude, count: count)
      #expect(Tensor(numbers, shape: [count]).isFinite)
      #expect(
        Tensor([Float](repeating: -1.5, count: count), shape: [count]).converted(to: .bfloat16).isFinite)
      for wrong in [Float.nan, -.nan, .infinity, -.infinity, .signalingNaN] {
        for place in [0, count / 2, count - 1] {
          var numbers = [Float](repeating: 0, count: count)
          numbers[place] = wrong
          let tensor = Tensor(numbers, shape: [count])
          #expect(!tensor.isFinite && !tensor.converted(to: .bfloat16).isFinite, "\(wrong) at \(place)")
        }
      }
    }
    #expect(Tensor([], shape: [0]).isFinite)
  }

  @Test(arguments: PackedMatrix.Format.made) func packedScalesTellWhetherTheyAreFinite(
    _ format: PackedMatrix.Format
  ) {
    let backend = Backend()
    let weights = Tensor((0..<70 * 300).map { sin(Float($0)) }, shape: [70, 300])
    let matrix = PackedMatrix(weights, format: format, backend: backend)
    #expect(matrix.isFinite)
    let bytes = matrix.withBytes { Array($0) }
    // The first group's numbers, and behind them its scales.
    let first = format == .int8 ? 32 * 4 * 64 : 16 * 64
    for output in [0, 31, 63] {
      for wrong in [UInt16(0x7F80), 0xFF80, 0x7FC0] {
        var damaged = bytes
        damaged[first + 2 * output] = UInt8(wrong & 0xFF)
        damaged[first + 2 * output + 1] = UInt8(wrong >> 8)
        let read = damaged.withUnsafeBytes {
          PackedMatrix(bytes: $0, shape: [70, 300], format: format, backend: backend)
        }
        #expect(!read.isFinite, "\(wrong) for output \(output)")
        #expect(!read.unpacked().isFinite)
      }
    }
  }
}
