internal import CLAPACK
public import Models
public import Tensors

/// Measures ARank while a model runs: the mean rank, over heads and samples, of each layer's softmax attention maps.
///
/// Ranks are those of `torch.linalg.matrix_rank` in float32: singular values above max(rows, columns) · ε · largest.
/// Both variants are measured: the map as it is, and the official code's, whose diagonal is set to zero. Maps are made
/// head by head and never held together.
public final class RankMeter: DecoderObserver {
  private let backend: Backend
  private let pool = MemoryPool()
  private var plainSums: [Double]
  private var strictSums: [Double]
  private var counts: [Int]

  public init(layers: Int, backend: Backend) {
    self.backend = backend
    plainSums = [Double](repeating: 0, count: layers)
    strictSums = plainSums
    counts = [Int](repeating: 0, count: layers)
  }

  /// ARank of each layer over what has been seen: maps as they are.
  public var plain: [Double] { zip(plainSums, counts).map { $1 > 0 ? $0 / Double($1) : 0 } }

  /// ARank of each layer over what has been seen: maps with a zero diagonal.
  public var strictLower: [Double] { zip(strictSums, counts).map { $1 > 0 ? $0 / Double($1) : 0 } }

  public func layer(_ index: Int, finishedWith hidden: Tensor) {}

  public func layer(
    _ index: Int, attends query: Tensor, key: Tensor, heads: AttentionHeads, items: [AttentionItem]
  ) {
    // A generated token's map has one row; its rank says nothing.
    for item in items where item.queries.count > 1 {
      let call = AttentionMaps(query: query, key: key, heads: heads, item: item)
      for head in 0..<heads.queryHeads {
        let map = call.map(head: head, backend: backend, pool: pool)
        plainSums[index] += Double(Self.rank(of: map))
        for row in 0..<min(map.rows, map.width) {
          map.floatPointer[row * map.width + row + map.width - map.rows] = 0
        }
        strictSums[index] += Double(Self.rank(of: map))
      }
      counts[index] += heads.queryHeads
    }
  }

  /// - Shape: `[rows, columns]`
  static func rank(of matrix: Tensor) -> Int {
    let values = singularValues(of: matrix)
    guard let largest = values.first, largest > 0 else { return 0 }
    let tolerance = Float(max(matrix.rows, matrix.width)) * Float.ulpOfOne * largest
    return values.count { $0 > tolerance }
  }

  /// Descending. LAPACK reads columns where we hold rows; a transpose has the same singular values.
  static func singularValues(of matrix: Tensor) -> [Float] {
    var (rows, columns) = (Int32(matrix.width), Int32(matrix.rows))
    var copy = matrix.floats()
    var values = [Float](repeating: 0, count: Int(min(rows, columns)))
    var job = CChar(UInt8(ascii: "N"))
    var (stride, unusedStride1, unusedStride2): (Int32, Int32, Int32) = (rows, 1, 1)
    var info: Int32 = 0
    var integers = [Int32](repeating: 0, count: 8 * values.count)
    var wanted: Float = 0
    var query: Int32 = -1
    sgesdd_(
      &job, &rows, &columns, &copy, &stride, &values, nil, &unusedStride1, nil, &unusedStride2, &wanted,
      &query,
      &integers, &info)
    var size = Int32(wanted)
    var work = [Float](repeating: 0, count: max(1, Int(size)))
    sgesdd_(
      &job, &rows, &columns, &copy, &stride, &values, nil, &unusedStride1, nil, &unusedStride2, &work, &size,
      &integers,
      &info)
    return info == 0 ? values : []
  }
}
