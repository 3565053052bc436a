internal import Models
internal import Tensors

/// The ranks of one attention map, as it is and with a zero diagonal.
struct MapRanks: Equatable {
  /// Nil where it was not asked for.
  let plain: Int?
  let strictLower: Int

  /// - Parameters:
  ///   - map: Overwritten.
  ///   - includesPlain: Whether to measure the map as it is as well.
  /// - Shape: `[queries, keys]`; the last query sees the last key.
  /// - Throws: `ModelError` if the map holds NaN or an infinity, or its rank cannot be found.
  init(
    destroying map: Tensor, includesPlain: Bool = true, method: RankMeter.Method, backend: Backend,
    pool: MemoryPool
  ) throws {
    guard map.isFinite else { throw ModelError("an attention map holds numbers that are none") }
    func rank() throws -> Int {
      let counted = method == .counting ? Self.countedRank(of: map, backend: backend, pool: pool) : nil
      return try counted ?? SingularValues(of: map).rank
    }
    plain = includesPlain ? try rank() : nil
    // The products of the rows are computed anew: taking the diagonal off those there are would cancel all digits where
    // tokens see little but themselves.
    map.dropDiagonal()
    strictLower = try rank()
  }

  /// Squares of numbers much below this leave float32's range.
  private static let leastCountable = 1e-12

  /// - Returns: Nil where the rank cannot be told by counting.
  private static func countedRank(of map: Tensor, backend: Backend, pool: MemoryPool) -> Int? {
    let counter = SingularValueCounter(map, backend: backend, pool: pool)
    let largest = counter.largest()
    guard largest > leastCountable else { return nil }
    let tolerance = Double(SingularValues.tolerance(longestSide: max(map.rows, map.width))) * largest
    return counter.count(above: tolerance)
  }
}
