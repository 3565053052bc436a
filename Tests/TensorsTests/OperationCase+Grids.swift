import Foundation

@testable import Tensors

extension OperationCase {
  /// The operations on grids of rows.
  static let grids: [OperationCase] =
    oddSizes.filter { $0 < 60 }.flatMap { n in
      [
        depthwise(height: n, width: 4, channels: 3, side: 3),
        depthwise(height: 3, width: n, channels: 2, side: 7),
        squares(height: 2 * n, width: 4, channels: 3, side: 2),
        squares(height: 5, width: n + 3, channels: n, side: 3),
      ]
    }
    + oddSizes.flatMap { n in
      [
        depthwise(height: 2, width: 3, channels: n, side: 5), mix(rows: n, width: 3), mix(rows: 4, width: n),
        besides(rows: n, widths: [2, 5]), besides(rows: 2, widths: [n, 1, 3]),
        scaleColumns(rows: 3, width: n),
        hyperbolicTangent(n), reshaped(n), relu(n), gate(runs: 2, rows: n, width: 3),
      ]
    }

  private static func relu(_ count: Int) -> OperationCase {
    OperationCase(
      name: "relu of \(count)", inputs: [[count]], apply: { $0.relu($1[0]) },
      reference: { v in v[0].map { max($0, 0) } })
  }

  private static func gate(runs: Int, rows: Int, width: Int) -> OperationCase {
    OperationCase(
      name: "gate of \(runs) runs of \(rows) × \(width)", inputs: [[runs * rows, width], [runs, width]],
      apply: { $0.gate($1[0], by: $1[1]) },
      reference: { v in
        v[0].enumerated().map { index, value in
          value / (1 + exp(-v[1][index / (rows * width) * width + index % width]))
        }
      })
  }

  private static func depthwise(height: Int, width: Int, channels: Int, side: Int) -> OperationCase {
    let shape = GridShape(height: height, width: width)
    let grids = 2
    return OperationCase(
      name: "depthwiseConvolution of \(height) × \(width), side \(side)",
      inputs: [[grids * shape.cells, channels], [channels, 1, side, side], [channels]],
      apply: { $0.depthwiseConvolution($1[0], of: shape, $1[1], bias: $1[2]) },
      reference: { v in
        (0..<grids * shape.cells * channels).map { index in
          let (row, channel) = (index / channels, index % channels)
          let (grid, cell) = (row / shape.cells, row % shape.cells)
          var sum = v[2][channel]
          for tap in 0..<side * side {
            let y = cell / width + tap / side - side / 2
            let x = cell % width + tap % side - side / 2
            guard (0..<height).contains(y), (0..<width).contains(x) else { continue }
            sum +=
              v[1][channel * side * side + tap]
              * v[0][((grid * shape.cells) + y * width + x) * channels + channel]
          }
          return sum
        }
      })
  }

  private static func squares(height: Int, width: Int, channels: Int, side: Int) -> OperationCase {
    let shape = GridShape(height: height, width: width)
    let (rows, columns) = (height / side, width / side)
    let grids = 2
    return OperationCase(
      name: "squares of \(height) × \(width), side \(side)", inputs: [[grids * shape.cells, channels]],
      apply: { $0.squares($1[0], of: shape, side: side) },
      reference: { v in
        var out: [Double] = []
        for grid in 0..<grids {
          for cell in 0..<rows * columns {
            for channel in 0..<channels {
              for place in 0..<side * side {
                let y = cell / columns * side + place / side
                let x = cell % columns * side + place % side
                out.append(v[0][(grid * shape.cells + y * width + x) * channels + channel])
              }
            }
          }
        }
        return out
      })
  }

  private static func mix(rows: Int, width: Int) -> OperationCase {
    let parts: [[(row: Int, weight: Float)]] = [
      [(0, 0.5), (rows - 1, -0.25)], [], [(rows / 2, 2)], (0..<rows).map { ($0, 1 / Float(rows)) },
    ]
    return OperationCase(
      name: "mix", inputs: [[rows, width]], apply: { $0.mix($1[0], RowMix(parts)) },
      reference: { v in
        parts.flatMap { part in
          (0..<width).map { column in
            part.reduce(0) { $0 + Double($1.weight) * v[0][$1.row * width + column] }
          }
        }
      })
  }

  private static func besides(rows: Int, widths: [Int]) -> OperationCase {
    OperationCase(
      name: "besides", inputs: widths.map { [rows, $0] }, apply: { $0.besides($1) },
      reference: { v in
        (0..<rows).flatMap { row in
          zip(v, widths).flatMap { values, width in values[row * width..<(row + 1) * width] }
        }
      })
  }

  private static func scaleColumns(rows: Int, width: Int) -> OperationCase {
    OperationCase(
      name: "scaleColumns", inputs: [[rows, width], [width]], apply: { $0.scaleColumns($1[0], by: $1[1]) },
      reference: { v in v[0].indices.map { v[0][$0] * v[1][$0 % width] } })
  }

  private static func hyperbolicTangent(_ n: Int) -> OperationCase {
    OperationCase(
      name: "tanh", inputs: [[n]], apply: { $0.tanh($1[0]) },
      reference: { v in v[0].map { Foundation.tanh($0) } })
  }

  private static func reshaped(_ n: Int) -> OperationCase {
    OperationCase(
      name: "reshaped", inputs: [[n, 6]], apply: { $0.reshaped($1[0], [2 * n, 3]) }, reference: { v in v[0] })
  }
}
