/// What may be wrong with one tensor of a trace.
enum PlantedFault: CaseIterable {
  case notANumber, zeros, swappedRows, missing

  /// A comparison in which the fault is planted; nil if the original's numbers are such that it would change nothing.
  func planted(in comparison: TraceComparison, _ name: String) -> TraceComparison? {
    guard let their = comparison.theirs[name], var entry = comparison.ours[name] else { return nil }
    var damaged = comparison
    switch (self, entry.numbers) {
    case (.missing, _): damaged.ours[name] = nil
    case (.notANumber, .floats(var numbers)):
      guard let place = comparison.compared(name, numbers.count, shape: their.shape).last else { return nil }
      numbers[place] = .nan
      entry.numbers = .floats(numbers)
      damaged.ours[name] = entry
    case (.notANumber, .integers): return nil
    case (.zeros, .floats(let numbers)):
      guard numbers.contains(where: { $0 != 0 }) else { return nil }
      entry.numbers = .floats(numbers.map { _ in 0 })
      damaged.ours[name] = entry
    case (.zeros, .integers(let numbers)):
      guard numbers.contains(where: { $0 != 0 }) else { return nil }
      entry.numbers = .integers(numbers.map { _ in 0 })
      damaged.ours[name] = entry
    case (.swappedRows, .floats(var numbers)):
      let places = comparison.compared(name, numbers.count, shape: their.shape)
      let width = entry.shape.count > 1 ? entry.shape.last ?? 1 : 1
      guard Self.swap(&numbers, among: places, width: width, distance: { abs($0 - $1) }) else { return nil }
      entry.numbers = .floats(numbers)
      damaged.ours[name] = entry
    case (.swappedRows, .integers(var numbers)):
      guard Self.swap(&numbers, among: Array(numbers.indices), width: 1, distance: { abs(Float($0 - $1)) })
      else {
        return nil
      }
      entry.numbers = .integers(numbers)
      damaged.ours[name] = entry
    }
    return damaged
  }

  /// Swaps the first row with the row that differs from it most; false if none differs.
  private static func swap<Number>(
    _ numbers: inout [Number], among places: [Int], width: Int, distance: (Number, Number) -> Float
  ) -> Bool {
    let rows = stride(from: 0, to: places.count - places.count % width, by: width).map { places[$0] }
    guard let first = rows.first else { return false }
    func furthest(_ row: Int) -> Float {
      (0..<width).reduce(0) { max($0, distance(numbers[first + $1], numbers[row + $1])) }
    }
    guard let other = rows.max(by: { furthest($0) < furthest($1) }), furthest(other) > 0 else { return false }
    for column in 0..<width { numbers.swapAt(first + column, other + column) }
    return true
  }
}
