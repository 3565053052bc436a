@testable import Tensors

/// What a product with packed weights is, computed number by number: rows become integers as the documentation of
/// `GMRows` says, weights are read out of their panels byte by byte, and sums are integers until they are scaled.
struct IntegerProduct {
  /// From more rows on 4-bit weights are widened to 8 bits.
  static let directRows = 16

  private let rows: Rows
  private let weights: Weights

  init(_ x: [Float], width: Int, _ matrix: PackedMatrix) {
    rows = Rows(x, width: width)
    let bytes = matrix.withBytes { Array($0) }
    let direct = Weights(bytes, outputs: matrix.outputs, inputs: width, format: matrix.format)
    weights = matrix.format == .int4 && rows.count > Self.directRows ? direct.widened() : direct
  }

  /// The products in single precision, each multiplication and addition in the order and with the rounding that kernels
  /// with fused multiplication promise.
  /// - Shape: `[rows, outputs]`
  var products: [Float] {
    (0..<rows.count).flatMap { row in (0..<weights.outputs).map { product(row, $0) } }
  }

  private func product(_ row: Int, _ output: Int) -> Float {
    let size = weights.groupSize
    var total: Float = 0
    for group in 0..<weights.groups {
      let inputs = group * size..<min((group + 1) * size, weights.inputs)
      let sum = inputs.reduce(0) { $0 + rows.number(row, $1) * weights.number(output, $1) }
      let (own, other) = (rows.scale(row, inputs.lowerBound), weights.scale(output, group))
      total =
        size == Rows.groupSize
        ? total.addingProduct(Float(sum) * other, own) : total.addingProduct(Float(sum), other * own)
    }
    return total
  }

  private struct Rows {
    static let groupSize = 128
    let count: Int
    private let width: Int
    private var numbers: [Int] = []
    private var scales: [Float] = []

    init(_ x: [Float], width: Int) {
      (count, self.width) = (x.count / width, width)
      for row in 0..<count {
        for start in stride(from: 0, to: width, by: Self.groupSize) {
          let group = x[row * width + start..<row * width + min(start + Self.groupSize, width)]
          let scale = group.reduce(0) { max($0, abs($1)) } / 127
          let inverse = scale > 0 ? 1 / scale : 0
          scales.append(scale)
          numbers += group.map { max(-127, min(127, Int(($0 * inverse).rounded(.toNearestOrEven)))) }
        }
      }
    }

    func number(_ row: Int, _ input: Int) -> Int { numbers[row * width + input] }

    func scale(_ row: Int, _ input: Int) -> Float {
      scales[row * ((width + Self.groupSize - 1) / Self.groupSize) + input / Self.groupSize]
    }
  }

  private struct Weights {
    let outputs, inputs, groupSize: Int
    private var numbers: [Int]
    private var scales: [Float]

    var groups: Int { (inputs + groupSize - 1) / groupSize }

    func number(_ output: Int, _ input: Int) -> Int { numbers[output * inputs + input] }
    func scale(_ output: Int, _ group: Int) -> Float { scales[output * groups + group] }

    init(_ bytes: [UInt8], outputs: Int, inputs: Int, format: PackedMatrix.Format) {
      (self.outputs, self.inputs) = (outputs, inputs)
      groupSize = format == .int8 ? 128 : 32
      numbers = []
      scales = []
      let panelBytes = bytes.count / ((outputs + 63) / 64)
      func bfloat16(_ place: Int) -> Float {
        Float(bitPattern: UInt32(bytes[place]) << 16 | UInt32(bytes[place + 1]) << 24)
      }
      for output in 0..<outputs {
        let (panel, row) = (output / 64 * panelBytes, output % 64)
        for start in stride(from: 0, to: inputs, by: groupSize) {
          let count = min(groupSize, inputs - start)
          switch format {
          case .int8:
            // Blocks of four inputs, of which a group has a multiple of sixteen.
            let block = panel + start / 128 * 64 * 132
            scales.append(bfloat16(block + (count + 63) / 64 * 16 * 256 + row * 2))
            numbers += (0..<count).map {
              Int(Int8(bitPattern: bytes[block + $0 / 4 * 256 + row * 4 + $0 % 4]))
            }
          default:
            let block = panel + start / 32 * 64 * 18
            scales.append(bfloat16(block + 16 * 64 + row * 2))
            numbers += (0..<count).map { input in
              let both = Int(bytes[block + input / 8 * 256 + row * 4 + input % 4])
              return (input % 8 < 4 ? both & 15 : both >> 4) - 8
            }
          }
        }
      }
    }

    /// As 8-bit weights, each group of them with the largest scale of its four groups.
    func widened() -> Weights {
      var wide = Weights(outputs: outputs, inputs: inputs, groupSize: 128)
      for output in 0..<outputs {
        for start in stride(from: 0, to: inputs, by: 128) {
          let end = min(start + 128, inputs)
          let factors: [Float] = (start / 32..<(end + 31) / 32).map { self.scale(output, $0) }
          let most: Float = factors.reduce(0) { max($0, abs($1)) }
          let bits: UInt32 = (most * (8.0 / 127.0)).bitPattern + 0xFFFF
          let step = Float(bitPattern: bits & 0xFFFF_0000)
          wide.scales.append(step)
          let inverse: Float = step > 0 ? 256 / step : 0
          let fixed: [Int] = factors.map { Int($0 * inverse + ($0 < 0 ? -0.5 : 0.5)) }
          for input in start..<end {
            wide.numbers.append((number(output, input) * fixed[(input - start) / 32] + 128) >> 8)
          }
        }
      }
      return wide
    }

    private init(outputs: Int, inputs: Int, groupSize: Int) {
      (self.outputs, self.inputs, self.groupSize) = (outputs, inputs, groupSize)
      (numbers, scales) = ([], [])
    }
  }
}
