import Foundation

@testable import Tensors

/// An operation, its inputs and what it should answer, computed in double precision by plain loops.
struct OperationCase: Sendable, CustomStringConvertible {
  let name: String
  let inputs: [[Int]]
  let apply: @Sendable (Tape, [Value]) -> Value
  let reference: @Sendable ([[Double]]) -> [Double]
  /// Largest accepted difference, relative to the largest magnitude of the result.
  var tolerance = 2e-5

  var description: String { "\(name) \(inputs)" }

  static let oddSizes = [1, 2, 3, 7, 63, 64, 65, 127]

  static let all: [OperationCase] =
    oddSizes.flatMap { n in
      [
        linear(rows: n, inputs: 5, outputs: 3), linear(rows: 5, inputs: n, outputs: 9),
        linear(rows: 6, inputs: 7, outputs: n), rmsNorm(rows: 3, width: n), layerNorm(rows: 3, width: n),
        add(n), scale(n), shifted(n), transposed(rows: n, width: 3), slidingSum(rows: n, width: 5),
        slidingSum(rows: 6, width: n),
        scaleRows(rows: n, width: 3), scaleRows(rows: 2, width: n), gather(rows: n, width: 4),
        gather(rows: 4, width: n),
        assemble(n), replace(n), columns(rows: n, width: 5), columns(rows: 3, width: n),
        rotary(rows: 3, heads: 2, half: n), crossEntropy(rows: 3, classes: n),
        squaredError(rows: 3, width: n), probability(n),
        attention(queries: [n], prefix: 0, heads: (2, 1, 4)),
        attention(queries: [2, n], prefix: 3, heads: (4, 2, 3)),
        attention(queries: [n, 3], prefix: 2, heads: (1, 1, 16), causal: false),
        attention(queries: [n, n], prefix: 2, heads: (2, 1, 4), pictures: [0..<n / 2, n / 2..<n]),
      ] + Activation.allCases.flatMap { [activation($0, n), gated($0, n)] }
    } + [
      attention(queries: [70, 5, 90], prefix: 61, heads: (2, 2, 32)),
      attention(queries: [70, 5, 90], prefix: 61, heads: (2, 1, 8), window: 33),
      attention(queries: [3, 9], prefix: 2, heads: (1, 1, 4), window: 1),
      attention(queries: [70, 90], prefix: 61, heads: (2, 1, 8), pictures: [3..<60, 60..<69]),
      attention(queries: [70, 90], prefix: 61, heads: (2, 1, 8), window: 33, pictures: [3..<60, 60..<69]),
    ] + grids

  static func linear(rows: Int, inputs: Int, outputs: Int) -> OperationCase {
    OperationCase(
      name: "linear", inputs: [[rows, inputs], [outputs, inputs], [outputs]],
      apply: { $0.linear($1[0], $1[1], bias: $1[2]) },
      reference: { v in
        (0..<rows * outputs).map { index in
          let (row, column) = (index / outputs, index % outputs)
          return (0..<inputs).reduce(v[2][column]) {
            $0 + v[0][row * inputs + $1] * v[1][column * inputs + $1]
          }
        }
      })
  }

  static func rmsNorm(rows: Int, width: Int) -> OperationCase {
    OperationCase(
      name: "rmsNorm", inputs: [[rows, width], [width]],
      apply: { $0.rmsNorm($1[0], weight: $1[1], epsilon: 1e-3) },
      reference: { v in
        (0..<rows * width).map { index in
          let row = v[0][index / width * width..<(index / width + 1) * width]
          let mean = row.reduce(0) { $0 + $1 * $1 } / Double(width)
          return v[0][index] / (mean + 1e-3).squareRoot() * v[1][index % width]
        }
      })
  }

  static func layerNorm(rows: Int, width: Int) -> OperationCase {
    OperationCase(
      name: "layerNorm", inputs: [[rows, width], [width], [width]],
      apply: { $0.layerNorm($1[0], weight: $1[1], bias: $1[2], epsilon: 1e-2) },
      reference: { v in
        (0..<rows * width).map { index in
          let row = v[0][index / width * width..<(index / width + 1) * width]
          let mean = row.reduce(0, +) / Double(width)
          let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
          return (v[0][index] - mean) / (variance + 1e-2).squareRoot() * v[1][index % width]
            + v[2][index % width]
        }
      })
  }

  static func gated(_ kind: Activation, _ n: Int) -> OperationCase {
    OperationCase(
      name: "gated \(kind.rawValue)", inputs: [[n], [n]],
      apply: { $0.gated(kind, gate: $1[0], up: $1[1]) },
      reference: { v in zip(v[0], v[1]).map { activated(kind, $0) * $1 } })
  }

  static func activation(_ kind: Activation, _ n: Int) -> OperationCase {
    OperationCase(
      name: kind.rawValue, inputs: [[n]], apply: { $0.activation(kind, $1[0]) },
      reference: { v in v[0].map { activated(kind, $0) } })
  }

  private static func activated(_ kind: Activation, _ x: Double) -> Double {
    switch kind {
    case .gelu: x / 2 * (1 + erf(x / 2.0.squareRoot()))
    case .geluTanh: x / 2 * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    case .quickGelu: x / (1 + exp(-1.702 * x))
    case .silu: x / (1 + exp(-x))
    case .identity: x
    }
  }

  static func add(_ n: Int) -> OperationCase {
    OperationCase(
      name: "add", inputs: [[n], [n]], apply: { $0.add($1[0], $1[1]) },
      reference: { v in zip(v[0], v[1]).map { $0 + $1 } })
  }

  static func scale(_ n: Int) -> OperationCase {
    OperationCase(
      name: "scale", inputs: [[n]], apply: { $0.scale($1[0], by: -1.5) },
      reference: { $0[0].map { -1.5 * $0 } })
  }

  static func shifted(_ n: Int) -> OperationCase {
    OperationCase(
      name: "shifted", inputs: [[n]], apply: { $0.shifted($1[0], by: 0.75) },
      reference: { $0[0].map { $0 + 0.75 } })
  }

  static func transposed(rows: Int, width: Int) -> OperationCase {
    OperationCase(
      name: "transposed", inputs: [[rows, width]], apply: { $0.transposed($1[0]) },
      reference: { v in (0..<rows * width).map { v[0][$0 % rows * width + $0 / rows] } })
  }

  /// Rows that see themselves and the two in front of them, the first half without the latter.
  static func slidingSum(rows: Int, width: Int) -> OperationCase {
    var sources: [Int32] = []
    for row in 0..<rows {
      for step in 0..<3 {
        let isCut = step < 2 && 2 * row < rows
        sources.append(isCut ? -1 : Int32(max(-1, row - 2 + step)))
      }
    }
    let seen = sources
    return OperationCase(
      name: "slidingSum", inputs: [[rows, width], [width, 1, 3], [width]],
      apply: { $0.slidingSum($1[0], sources: seen, weight: $1[1], bias: $1[2]) },
      reference: { v in
        (0..<rows * width).map { index -> Double in
          let (row, column) = (index / width, index % width)
          var sum = v[2][column]
          for step in 0..<3 where seen[3 * row + step] >= 0 {
            sum += v[1][3 * column + step] * v[0][Int(seen[3 * row + step]) * width + column]
          }
          return sum
        }
      })
  }

  static func scaleRows(rows: Int, width: Int) -> OperationCase {
    OperationCase(
      name: "scaleRows", inputs: [[rows, width], [rows]], apply: { $0.scaleRows($1[0], by: $1[1]) },
      reference: { v in v[0].indices.map { v[0][$0] * v[1][$0 / width] } })
  }

  static func gather(rows: Int, width: Int) -> OperationCase {
    let chosen = (0..<5).map { ($0 * 7 + 1) % rows }
    return OperationCase(
      name: "gather", inputs: [[rows, width]], apply: { $0.gather($1[0], rows: chosen) },
      reference: { v in chosen.flatMap { v[0][$0 * width..<($0 + 1) * width] } })
  }

  static func assemble(_ n: Int) -> OperationCase {
    let even = (0..<n).map { $0 * 2 }
    let odd = (0..<n).map { $0 * 2 + 1 }
    return OperationCase(
      name: "assemble", inputs: [[n, 3], [n, 3]],
      apply: { $0.assemble([RowSource($1[0], places: even), RowSource($1[1], places: odd)], rows: 2 * n) },
      reference: { v in
        (0..<2 * n).flatMap { row -> ArraySlice<Double> in
          let start = row / 2 * 3
          return v[row % 2][start..<start + 3]
        }
      })
  }

  static func replace(_ n: Int) -> OperationCase {
    let chosen = Array(stride(from: 0, to: n, by: 3))
    return OperationCase(
      name: "replace", inputs: [[n, 2], [chosen.count, 2]],
      apply: { $0.replace($1[0], rows: chosen, with: $1[1]) },
      reference: { v in
        (0..<n).flatMap { row -> ArraySlice<Double> in
          if let index = chosen.firstIndex(of: row) { return v[1][index * 2..<index * 2 + 2] }
          return v[0][row * 2..<row * 2 + 2]
        }
      })
  }

  static func columns(rows: Int, width: Int) -> OperationCase {
    let range = width / 3..<width
    return OperationCase(
      name: "columns", inputs: [[rows, width]], apply: { $0.columns($1[0], range) },
      reference: { v in (0..<rows).flatMap { row in range.map { v[0][row * width + $0] } } })
  }

  static func rotary(rows: Int, heads: Int, half: Int) -> OperationCase {
    let table = RotaryTable(
      frequencies: RotaryTable.frequencies(headWidth: 2 * half, theta: 100), positions: 50)
    let positions = (0..<rows).map { Int32($0 * 13 % 50) }
    return OperationCase(
      name: "rotary", inputs: [[rows, heads * 2 * half]],
      apply: { $0.rotary($1[0], positions: positions, table: table) },
      reference: { v in
        v[0].indices.map { index in
          let column = index % (2 * half)
          let angle =
            Double(positions[index / (heads * 2 * half)])
            * pow(100, -2 * Double(column % half) / Double(2 * half))
          return column < half
            ? v[0][index] * cos(angle) - v[0][index + half] * sin(angle)
            : v[0][index] * cos(angle) + v[0][index - half] * sin(angle)
        }
      })
  }

  static func crossEntropy(rows: Int, classes: Int) -> OperationCase {
    let targets: [Int32] = (0..<rows).map { $0 == 1 ? -1 : Int32($0 % classes) }
    return OperationCase(
      name: "crossEntropy", inputs: [[rows, classes]],
      apply: { $0.crossEntropy($1[0], targets: targets, weights: [2, 1, 0.5], scale: 0.5) },
      reference: { v in
        let sum = targets.indices.filter { targets[$0] >= 0 }.reduce(0.0) { total, row in
          let line = v[0][row * classes..<(row + 1) * classes]
          return total + [2, 1, 0.5][row]
            * (log(line.reduce(0) { $0 + exp($1) }) - line[row * classes + Int(targets[row])])
        }
        return [0.5 * sum]
      })
  }

  static func squaredError(rows: Int, width: Int) -> OperationCase {
    let target = (0..<rows * width).map { Float($0 % 5) / 4 }
    return OperationCase(
      name: "squaredError", inputs: [[rows, width]],
      apply: {
        $0.squaredError(
          $1[0], target: Tensor(target, shape: [rows, width]), weights: [1, 0, 2], scale: 0.25)
      },
      reference: { v in
        [
          0.25 / Double(width)
            * v[0].indices.reduce(0) { total, index in
              let difference = v[0][index] - Double(target[index])
              return total + [1, 0, 2][index / width] * difference * difference
            }
        ]
      })
  }

  static func probability(_ n: Int) -> OperationCase {
    OperationCase(
      name: "secondClassProbability", inputs: [[n, 2]], apply: { $0.secondClassProbability($1[0]) },
      reference: { v in (0..<n).map { 1 / (1 + exp(v[0][2 * $0] - v[0][2 * $0 + 1])) } })
  }

  /// The first `prefix` rows are one item of their own; every further item sees them and itself.
  /// - Parameter pictures: Rows of each further item that see each other.
  static func attention(
    queries: [Int], prefix: Int, heads: (query: Int, keyValue: Int, width: Int), causal: Bool = true,
    window: Int? = nil, pictures: [Range<Int>] = []
  ) -> OperationCase {
    func ahead(_ count: Int) -> [Int32]? {
      guard !pictures.isEmpty else { return nil }
      return (0..<count).map { row in
        Int32(pictures.first { $0.contains(row) }.map { $0.upperBound - 1 - row } ?? 0)
      }
    }
    let rows = prefix + queries.reduce(0, +)
    var items =
      prefix > 0
      ? [AttentionItem(queries: 0..<prefix, spans: [.rows(0..<prefix)], isCausal: causal, window: window)]
      : []
    var start = prefix
    for count in queries {
      let own = KeySpan.rows(start..<start + count)
      items.append(
        AttentionItem(
          queries: start..<start + count, spans: prefix > 0 ? [.rows(0..<prefix), own] : [own],
          isCausal: causal, window: window, ahead: ahead(count)))
      start += count
    }
    let layout = AttentionHeads(
      queryHeads: heads.query, keyValueHeads: heads.keyValue, headWidth: heads.width)
    let (queryWidth, keyWidth) = (heads.query * heads.width, heads.keyValue * heads.width)
    let plan = items
    return OperationCase(
      name:
        "attention of \(queries) behind \(prefix), causal \(causal), window \(window ?? 0), pictures \(pictures)",
      inputs: [[rows, queryWidth], [rows, keyWidth], [rows, keyWidth]],
      apply: { $0.attention(query: $1[0], key: $1[1], value: $1[2], heads: layout, items: plan) },
      reference: { v in
        var out = [Double](repeating: 0, count: rows * queryWidth)
        for item in plan {
          let keys = item.spans.flatMap { span -> [Int] in
            if case .rows(let range) = span { Array(range) } else { [] }
          }
          for (order, row) in item.queries.enumerated() {
            let own = causal ? keys.count - (item.queries.count - 1 - order) : keys.count
            let seen = keys[max(0, own - (window ?? own))..<own + Int(item.ahead?[order] ?? 0)]
            for head in 0..<heads.query {
              let (q, k) = (row * queryWidth + head * heads.width, head / layout.groupSize * heads.width)
              let weights = seen.map { key in
                exp(
                  (0..<heads.width).reduce(0.0) { $0 + v[0][q + $1] * v[1][key * keyWidth + k + $1] }
                    / Double(heads.width).squareRoot())
              }
              let sum = weights.reduce(0, +)
              for (weight, key) in zip(weights, seen) {
                for i in 0..<heads.width { out[q + i] += weight / sum * v[2][key * keyWidth + k + i] }
              }
            }
          }
        }
        return out
      })
  }
}
