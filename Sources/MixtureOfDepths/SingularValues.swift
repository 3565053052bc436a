internal import CLAPACK
internal import Models
internal import Tensors

/// All singular values of a matrix, by LAPACK's divide and conquer.
struct SingularValues {
  /// Descending.
  let values: [Float]
  private let longestSide: Int

  /// - Shape: `[rows, columns]`
  /// - Throws: `ModelError` if LAPACK finds none, as in a matrix that holds NaN.
  init(of matrix: Tensor) throws {
    longestSide = max(matrix.rows, matrix.width)
    // LAPACK reads columns where we hold rows; a transpose has the same singular values.
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
      &query, &integers, &info)
    var size = Int32(wanted)
    var work = [Float](repeating: 0, count: max(1, Int(size)))
    sgesdd_(
      &job, &rows, &columns, &copy, &stride, &values, nil, &unusedStride1, nil, &unusedStride2, &work, &size,
      &integers, &info)
    guard info == 0, values.allSatisfy(\.isFinite) else {
      throw ModelError("LAPACK finds no singular values of a matrix \(matrix.shape) (sgesdd says \(info))")
    }
    self.values = values
  }

  /// The rank as `torch.linalg.matrix_rank` counts it in float32.
  var rank: Int {
    guard let largest = values.first, largest > 0 else { return 0 }
    let tolerance = Self.tolerance(longestSide: longestSide) * largest
    return values.count { $0 > tolerance }
  }

  /// The share of the largest singular value up to which others count as zero.
  static func tolerance(longestSide: Int) -> Float { Float(longestSide) * Float.ulpOfOne }
}
