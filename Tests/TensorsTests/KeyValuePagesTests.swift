import CKernels
import Testing

@testable import Tensors

/// Copies of kept rows that share pages, beside the plain lists of numbers that they stand for.
@Suite struct KeyValuePagesTests {
  private static let heads = AttentionHeads(queryHeads: 4, keyValueHeads: 2, headWidth: 12)
  private static let width = 24

  /// Rows and what they should be.
  private struct Kept {
    var rows: KeyValueRows
    var numbers: [Float] = []

    init(_ format: KeyValueFormat, _ store: KeyValueStore) {
      rows = KeyValueRows(heads, format: format, store: store)
    }

    /// Numbers that every format holds exactly: whole ones, among which each head has 127 as the largest.
    mutating func append(_ count: Int, _ backend: Backend, _ generator: inout SeededGenerator) {
      let values = (0..<count * width).map { place in
        place % heads.headWidth == 0 ? 127 : Float(Int.random(in: -127...127, using: &generator))
      }
      let tensor = Tensor(values, shape: [count, width])
      let negative = Tensor(values.map { -$0 }, shape: [count, width])
      rows.append(key: tensor, value: negative, backend: backend)
      numbers += values
    }

    mutating func truncate(to count: Int) {
      rows.truncate(to: count)
      numbers.removeLast(numbers.count - count * width)
    }

    /// Whether the spans of the kernels hold the numbers.
    var isRight: Bool {
      guard rows.count * width == numbers.count else { return false }
      var row = 0
      for index in 0..<rows.spanCount {
        let span = rows.span(index)
        for line in 0..<Int(span.rows) {
          for column in 0..<width {
            let (head, offset) = column.quotientAndRemainder(dividingBy: heads.headWidth)
            let place = head * Int(span.head_stride) + line * Int(span.stride) + offset
            let expected = numbers[row * width + column]
            let scale = line * Int(span.scale_stride) + head
            guard number(span.key, place, span.key_scales, scale) == expected,
              number(span.value, place, span.value_scales, scale) == -expected
            else { return false }
          }
          row += 1
        }
      }
      return row == rows.count
    }

    private func number(
      _ numbers: UnsafeRawPointer, _ place: Int, _ scales: UnsafePointer<Float>?, _ scale: Int
    ) -> Float {
      switch rows.format {
      case .float32: return numbers.load(fromByteOffset: 4 * place, as: Float.self)
      case .float16:
        let bits = numbers.load(fromByteOffset: 2 * place, as: UInt16.self)
        let size = Int(bits & 0x7FFF)
        guard size >> 10 > 0 else { return 0 }
        let fraction = 1 + Float(size & 0x3FF) / 1024
        return Float(
          sign: bits >> 15 == 0 ? .plus : .minus, exponent: (size >> 10) - 15, significand: fraction)
      case .int8: return Float(numbers.load(fromByteOffset: place, as: Int8.self)) * (scales?[scale] ?? .nan)
      }
    }
  }

  @Test(arguments: KeyValueFormat.allCases) func copiesGoDifferentWays(_ format: KeyValueFormat) {
    for backend in OperationTests.backends {
      var generator = SeededGenerator(state: 3)
      let store = KeyValueStore()
      var all = [Kept(format, store)]
      for step in 0..<120 {
        let index = Int.random(in: all.indices, using: &generator)
        switch step % 4 {
        case 0 where all.count < 6: all.append(all[index])
        case 1: all[index].truncate(to: Int.random(in: 0...all[index].rows.count, using: &generator))
        default: all[index].append(Int.random(in: 1...90, using: &generator), backend, &generator)
        }
        let areRight = all.allSatisfy { $0.isRight }
        #expect(areRight, "step \(step), \(backend.summary)")
      }
    }
  }

  @Test func pagesAreSharedCountedAndUsedAgain() {
    let (backend, store) = (Backend(), KeyValueStore())
    var generator = SeededGenerator(state: 1)
    var first = Kept(.float16, store)
    let page = first.rows.pageBytes
    #expect(page == 64 * 2 * 2 * Self.width && store.bytesInUse == 0)
    first.append(100, backend, &generator)
    #expect(store.bytesInUse == 2 * page && first.rows.bytes == 100 * 2 * 2 * Self.width)
    var second = first
    #expect(store.bytesInUse == 2 * page)
    // The whole page stays shared.
    second.append(1, backend, &generator)
    #expect(store.bytesInUse == 3 * page)
    first.append(1, backend, &generator)
    #expect(store.bytesInUse == 3 * page)
    second.truncate(to: 64)
    #expect(store.bytesInUse == 2 * page)
    // A full page needs no copy.
    second.append(64, backend, &generator)
    #expect(store.bytesInUse == 3 * page && first.isRight && second.isRight)
    first.truncate(to: 0)
    second.truncate(to: 0)
    #expect(store.bytesInUse == 0)
    let memory = address(of: &first, backend, &generator)
    first.truncate(to: 0)
    #expect(address(of: &second, backend, &generator) == memory)
    store.release()
    #expect(store.bytesInUse == page && second.isRight)
  }

  private func address(of kept: inout Kept, _ backend: Backend, _ generator: inout SeededGenerator)
    -> UnsafeRawPointer?
  {
    kept.append(1, backend, &generator)
    return kept.rows.span(0).key
  }
}
