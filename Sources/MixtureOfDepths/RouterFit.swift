internal import CLAPACK
internal import Foundation
package import Models
package import Tensors

/// Finds a first router for a dense model: the direction in which image rows that get more attention from the text lie.
///
/// A router that starts at random drops any rows, and then learns to keep those whose dropping hurts only through the
/// rows that are left. This one starts from what the dense model looks at: in every layer to be routed, the attention
/// that each image row receives from the text rows behind it, as a logarithm and standardised within the picture, is
/// fitted by a linear function of the row behind the layer's input norm (ridge regression over all layers and
/// samples, since they share the router).
package final class RouterFit: DecoderObserver {
  private let layers: [Int: DenseLayer]
  private let backend: Backend
  private let pool = MemoryPool()
  private let width: Int
  private var roles: [RowRole] = []
  private var hidden: [Int: Tensor] = [:]
  /// Sums of rowᵀ·row and of rowᵀ·aim.
  private let moments: Tensor
  private var right: [Float]
  private(set) var rows = 0

  /// - Parameter routed: The layers that are to share the router. The first layer's input is not seen, so it takes no
  ///   part in the fit.
  package init(_ decoder: TransformerDecoder, routed: [Int], backend: Backend) {
    self.backend = backend
    width = decoder.configuration.hiddenSize
    layers = Dictionary(
      uniqueKeysWithValues: decoder.layers.compactMap { layer in
        guard routed.contains(layer.index), let dense = layer as? DenseLayer else { return nil }
        return (layer.index, dense)
      })
    moments = .zeros([width, width])
    right = [Float](repeating: 0, count: width)
  }

  /// Tells which rows of the prompt that is read next are image rows.
  package func begin(_ roles: [RowRole]) {
    self.roles = roles
    hidden = [:]
  }

  package func layer(_ index: Int, of batch: PackedBatch, finishedWith rows: Tensor) {
    hidden = [index: rows]
  }

  package func layer(
    _ index: Int, attends query: Tensor, key: Tensor, heads: AttentionHeads, items: [AttentionItem],
    of plan: LayerPlan
  ) {
    guard let layer = layers[index], let input = hidden[index - 1], let item = items.first, items.count == 1,
      query.rows == roles.count
    else { return }
    let images = roles.indices.filter { roles[$0] == .image }
    guard let last = images.last, images.count > 1, last + 1 < roles.count else { return }
    var attention = [Double](repeating: 0, count: images.count)
    let maps = AttentionMaps(query: query, key: key, heads: heads, item: item)
    for head in 0..<heads.queryHeads {
      let map = maps.map(head: head, backend: backend, pool: pool)
      map.withFloats { numbers in
        for row in last + 1..<roles.count {
          for (place, column) in images.enumerated() {
            attention[place] += Double(numbers[row * map.width + column])
          }
        }
      }
    }
    let tape = Tape(backend: backend, pool: pool)
    let normed = tape.gather(layer.inputNorm(Value(constant: input), tape), rows: images).tensor
    add(normed, aims: Self.standardized(attention.map { log($0 + 1e-9) }))
  }

  /// The two rows of a router's weight.
  /// - Parameter spread: The standard deviation of the difference of its two scores over the fitted rows.
  /// - Shape: `[2, width]`
  /// - Throws: If no prompt with a picture and text behind it has been read.
  package func weight(spread: Float) throws -> Tensor {
    guard rows > width / 4 else {
      throw ModelError("too few image rows were read to start a router from; give more samples with pictures")
    }
    var matrix = moments.floats()
    let trace = (0..<width).reduce(Float(0)) { $0 + matrix[$1 * width + $1] }
    for index in 0..<width { matrix[index * width + index] += 1e-3 * trace / Float(width) }
    var solution = right
    var (size, one, stride, info) = (Int32(width), Int32(1), Int32(width), Int32(0))
    var triangle = CChar(UInt8(ascii: "U"))
    sposv_(&triangle, &size, &one, &matrix, &stride, &solution, &size, &info)
    let sums = moments.floats()
    // Σ (row · w)² = wᵀ · moments · w.
    var variance = 0.0
    for row in 0..<width {
      for column in 0..<width {
        variance += Double(solution[row]) * Double(sums[row * width + column]) * Double(solution[column])
      }
    }
    guard info == 0, variance > 0, variance.isFinite else {
      throw ModelError("the attention of the samples does not tell image rows apart; give other samples")
    }
    let scale = spread / Float((variance / Double(rows)).squareRoot()) / 2
    return Tensor(solution.map { -$0 * scale } + solution.map { $0 * scale }, shape: [2, width])
  }

  func add(_ normed: Tensor, aims: [Float]) {
    backend.accumulateMoments(of: normed, into: moments)
    normed.withFloats { numbers in
      for (row, aim) in aims.enumerated() {
        for column in 0..<width { right[column] += aim * numbers[row * width + column] }
      }
    }
    rows += aims.count
  }

  private static func standardized(_ values: [Double]) -> [Float] {
    let mean = values.reduce(0, +) / Double(values.count)
    let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)).squareRoot()
    return values.map { Float(($0 - mean) / max(1e-9, deviation)) }
  }
}
