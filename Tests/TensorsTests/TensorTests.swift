import Testing

@testable import Tensors

@Suite struct TensorTests {
  private let numbers = (0..<24).map { Float(($0 * 7) % 11) - 4 }

  @Test func numbersAreLentInRowMajorOrder() {
    let tensor = Tensor(numbers, shape: [4, 6])
    #expect(tensor.rows(1..<3).withFloats { Array($0) } == Array(numbers[6..<18]))
    let narrow = tensor.converted(to: .bfloat16)
    #expect(narrow.withFloats { Array($0) } == numbers)
    #expect(
      narrow.rows(3..<4).withBytes { Array($0.bindMemory(to: UInt16.self)) }
        == numbers[18...].map(\.bfloat16Bits))
    let filled = Tensor(shape: [2, 12]) { memory in
      numbers.withUnsafeBytes { memory.copyMemory(from: $0) }
    }
    #expect(filled.shape == [2, 12] && filled.floats() == numbers)
  }

  @Test func identicalMeansTheSameBits() {
    let tensor = Tensor(numbers, shape: [4, 6])
    #expect(tensor.isIdentical(to: tensor) && tensor.isIdentical(to: Tensor(numbers, shape: [4, 6])))
    #expect(tensor.rows(1..<2).isIdentical(to: Tensor(Array(numbers[6..<12]), shape: [1, 6])))
    #expect(!tensor.isIdentical(to: tensor.reshaped([6, 4])))
    #expect(!tensor.isIdentical(to: tensor.converted(to: .bfloat16)))
    #expect(!tensor.rows(0..<1).isIdentical(to: tensor.rows(1..<2)))
    #expect(!Tensor([0], shape: [1]).isIdentical(to: Tensor([-0.0], shape: [1])))
  }

  @Test func theFirstOfTheLargestIsFound() {
    let tensor = Tensor([1, 3, 3, -1, -2, -3, .nan, 2, 1, 0, 5, .nan], shape: [4, 3])
    // As a loop finds it that goes on from what is not smaller.
    #expect(tensor.largestColumns() == [1, 0, 0, 1])
    #expect(Tensor([4, 5], shape: [2, 1]).largestColumns() == [0, 0])
  }

  @Test func rowsAreRearranged() {
    let tensor = Tensor(numbers, shape: [4, 6])
    let turned: [Float] = (0..<24).map { numbers[$0 % 4 * 6 + $0 / 4] }
    #expect(tensor.transposed().floats() == turned)
    let target = Tensor.zeros([5, 6])
    target.setRows([4, 0, 2, 1], from: tensor)
    let rows = (0..<4).map { Array(numbers[$0 * 6..<($0 + 1) * 6]) }
    let expected: [[Float]] = [rows[1], rows[3], rows[2], [Float](repeating: 0, count: 6), rows[0]]
    #expect(target.floats() == Array(expected.joined()))
    target.rows(3..<4).add(tensor.rows(0..<1), scaledBy: 0.5)
    #expect(target.rows(3..<4).floats() == rows[0].map { 0.5 * $0 })
  }

  @Test func patchesAreCutChannelByChannel() {
    let (channels, height, width, side) = (2, 5, 7, 2)
    let values = (0..<2 * channels * height * width).map { Float($0) }
    let patches = Tensor(values, shape: [2, channels, height, width]).patches(side: side, pool: MemoryPool())
    #expect(patches.shape == [2 * 2 * 3, channels * 4])
    var expected: [Float] = []
    for image in 0..<2 {
      for patch in 0..<6 {
        for channel in 0..<channels {
          for place in 0..<4 {
            let (y, x) = (patch / 3 * 2 + place / 2, patch % 3 * 2 + place % 2)
            expected.append(values[((image * channels + channel) * height + y) * width + x])
          }
        }
      }
    }
    #expect(patches.floats() == expected)
  }
}
