/// What a row of a packed batch stands for; routing treats them differently.
package enum RowRole: UInt8, Sendable {
  /// The question, anything else of the prompt.
  case prompt
  /// The text in front of the first picture, such as the system sentence.
  case preamble
  case image
  /// A token of an answer: the target in training, generated at inference.
  case answer
}

/// What one sequence asks of layers that choose rows, in place of their own rules. The layers know its type; others pass
/// it on.
package protocol RowRules: Sendable {}

/// Token rows of any number of sequences, one behind the other, without padding.
package struct PackedBatch {
  /// Consecutive rows of one sequence.
  package struct Slice {
    /// The rows of the batch.
    package let rows: Range<Int>
    /// An earlier slice whose rows come before these in the same sequence; only without caches.
    package let parent: Int?
    /// What came before these rows, where their keys and values stay for later ones; nil in training.
    package let cache: SequenceCache?
    /// The place of each row in the sequence, counted from the slice's start, where some places have no row; nil if
    /// the rows follow each other.
    package let places: [Int]?
    /// Places that the slice takes in its sequence.
    package let length: Int
    /// Where the rows stand on several axes, for models that count so; nil means one place behind the other on all.
    package let axes: AxisPlaces?
    /// Whether the row is a single generated token, which some routing rules treat differently from a prompt.
    package let isDecoding: Bool
    /// By which rules the sequence's rows are chosen; nil for those of each layer.
    package let rules: (any RowRules)?
  }

  package private(set) var slices: [Slice] = []
  /// One role per row.
  package private(set) var roles: [RowRole] = []
  /// For each row the number of the picture that it belongs to in its slice, tiles and views together; −1 for text.
  package private(set) var pictures: [Int32] = []

  package init() {}

  package var rowCount: Int { roles.count }

  /// Adds a slice that keeps nothing.
  /// - Parameters:
  ///   - pictures: For each row the number of its picture, −1 for text; by default all image rows are one picture's.
  ///   - parent: The index of the slice that it continues.
  /// - Returns: The index of the new slice.
  @discardableResult
  package mutating func append(
    roles: [RowRole], pictures: [Int32]? = nil, continuing parent: Int? = nil, axes: AxisPlaces? = nil
  ) -> Int {
    add(roles, pictures, parent: parent, axes: axes)
  }

  /// Adds a slice of which only some places have a row, such as a picture of which the empty patches are left out.
  /// - Parameters:
  ///   - places: The place of each row, ascending.
  ///   - length: How many places there are; what continues the slice begins behind them.
  ///   - axes: The rows' places on several axes, for models that count so.
  @discardableResult
  package mutating func append(
    roles: [RowRole], pictures: [Int32]? = nil, places: [Int], length: Int, continuing parent: Int? = nil,
    axes: AxisPlaces? = nil
  ) -> Int {
    precondition(places.count == roles.count && places.allSatisfy { (0..<length).contains($0) })
    return add(roles, pictures, parent: parent, places: places, length: length, axes: axes)
  }

  /// Adds a slice that continues what `cache` holds and leaves its keys and values there.
  @discardableResult
  package mutating func append(
    roles: [RowRole], pictures: [Int32]? = nil, cache: SequenceCache, isDecoding: Bool,
    axes: AxisPlaces? = nil,
    rules: (any RowRules)? = nil
  ) -> Int {
    assert(slices.allSatisfy { $0.cache !== cache }, "two slices of a batch have the same cache")
    return add(roles, pictures, cache: cache, isDecoding: isDecoding, axes: axes, rules: rules)
  }

  private mutating func add(
    _ roles: [RowRole], _ pictures: [Int32]?, parent: Int? = nil, cache: SequenceCache? = nil,
    isDecoding: Bool = false, places: [Int]? = nil, length: Int? = nil, axes: AxisPlaces? = nil,
    rules: (any RowRules)? = nil
  ) -> Int {
    precondition(axes.map { $0.places.count == roles.count } ?? true)
    precondition(pictures.map { $0.count == roles.count } ?? true)
    let rows = rowCount..<rowCount + roles.count
    slices.append(
      Slice(
        rows: rows, parent: parent, cache: cache, places: places, length: length ?? rows.count, axes: axes,
        isDecoding: isDecoding, rules: rules))
    self.roles += roles
    if let pictures {
      self.pictures += pictures
    } else {
      self.pictures += roles.lazy.map { $0 == .image ? 0 : -1 }
    }
    return slices.count - 1
  }

  /// Tells the caches that the whole decoder has seen this batch.
  func finish() {
    for slice in slices { slice.cache?.advance(by: slice.length, shift: slice.axes?.shift) }
  }

  /// Takes out of the caches what a pass has left there that ended early.
  func abandon() {
    for slice in slices { slice.cache.map { $0.truncate(to: $0.length) } }
  }

  /// The position of a slice's first row in its sequence.
  package func start(of slice: Slice) -> Int {
    if let cache = slice.cache { return cache.length }
    guard let parent = slice.parent else { return 0 }
    return start(of: slices[parent]) + slices[parent].length
  }

  /// How many of some ascending rows follow each of them in its picture; nil if there are no pictures.
  package func restOfPictures(_ rows: [Int]) -> [Int32]? {
    var counts = [Int32](repeating: 0, count: rows.count)
    var last: Int32 = -1
    for (place, row) in rows.enumerated().reversed() {
      if pictures[row] >= 0, pictures[row] == last { counts[place] = counts[place + 1] + 1 }
      last = pictures[row]
    }
    return counts.contains { $0 > 0 } ? counts : nil
  }

  /// The rows of a slice and up to `most` rows of its sequence in front of them, for slices without a cache.
  func rows(endingWith slice: Slice, before most: Int) -> [Int] {
    guard let parent = slice.parent, most > 0 else { return Array(slice.rows) }
    let earlier = slices[parent]
    let last = rows(endingWith: earlier, before: max(0, most - earlier.rows.count)).suffix(most)
    return Array(last) + slice.rows
  }

  /// How far the places behind the sequence's pictures lie from the count of its rows.
  private func shift(before slice: Slice) -> Int {
    if let cache = slice.cache { return cache.shift }
    guard let parent = slice.parent else { return 0 }
    return slices[parent].axes?.shift ?? shift(before: slices[parent])
  }

  /// The place of every row on several axes; nil if rows stand one behind the other on all of them.
  func axisPlaces() -> [SIMD3<Int32>]? {
    guard slices.contains(where: { $0.axes != nil || shift(before: $0) != 0 }) else { return nil }
    return slices.flatMap { slice -> [SIMD3<Int32>] in
      if let axes = slice.axes { return axes.places }
      let start = start(of: slice) + shift(before: slice)
      return slice.rows.indices.map { row in
        let place = row - slice.rows.lowerBound
        return SIMD3(repeating: Int32(start + (slice.places?[place] ?? place)))
      }
    }
  }
}
