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

/// Where rows stand in time, row and column of their pictures (Qwen2-VL).
package struct AxisPlaces: Sendable, Equatable {
  /// One per row, counted from the sequence's start.
  package let places: [SIMD3<Int32>]
  /// What is added to the count of all rows to find the place of the row behind these.
  package let shift: Int

  package init(places: [SIMD3<Int32>], shift: Int) {
    self.places = places
    self.shift = shift
  }

  /// The first `count` rows; what follows them is expected to bring its own places.
  package func prefix(_ count: Int) -> AxisPlaces {
    AxisPlaces(places: Array(places.prefix(count)), shift: shift)
  }

  /// What remains behind the first `count` rows.
  package func dropFirst(_ count: Int) -> AxisPlaces {
    AxisPlaces(places: Array(places.dropFirst(count)), shift: shift)
  }
}

/// Token rows of any number of sequences, one behind the other, without padding.
package struct PackedBatch {
  /// Consecutive rows of one sequence.
  package struct Segment {
    /// The rows of the batch.
    package let rows: Range<Int>
    /// An earlier segment whose rows come before these in the same sequence; only without caches.
    package let parent: Int?
    /// Where keys and values stay for later rows; nil in training.
    package let cache: SequenceCache?
    /// The place of each row in the sequence, counted from the segment's start, where some places have no row; nil if
    /// the rows follow each other.
    package let places: [Int]?
    /// Places that the segment takes in its sequence.
    package let length: Int
    /// Where the rows stand on several axes, for models that count so; nil means one place behind the other on all.
    package let axes: AxisPlaces?
    /// Whether the row is a single generated token, which some routing rules treat differently from a prompt.
    package let isDecoding: Bool
  }

  package private(set) var segments: [Segment] = []
  /// One role per row.
  package private(set) var roles: [RowRole] = []

  package init() {}

  package var rowCount: Int { roles.count }

  /// Adds a segment that keeps nothing.
  /// - Parameter parent: The index of the segment it continues.
  /// - Returns: The index of the new segment.
  @discardableResult
  package mutating func append(roles: [RowRole], continuing parent: Int? = nil, axes: AxisPlaces? = nil)
    -> Int
  {
    precondition(axes.map { $0.places.count == roles.count } ?? true)
    return add(roles, parent: parent, cache: nil, isDecoding: false, axes: axes)
  }

  /// Adds a segment of which only some places have a row, such as a picture of which the empty patches are left out.
  /// - Parameters:
  ///   - places: The place of each row, ascending.
  ///   - length: How many places there are; what continues the segment begins behind them.
  ///   - axes: The rows' places on several axes, for models that count so.
  @discardableResult
  package mutating func append(roles: [RowRole], places: [Int], length: Int, axes: AxisPlaces? = nil) -> Int {
    precondition(places.count == roles.count && places.allSatisfy { (0..<length).contains($0) })
    precondition(axes.map { $0.places.count == roles.count } ?? true)
    return add(roles, parent: nil, cache: nil, isDecoding: false, places: places, length: length, axes: axes)
  }

  /// Adds a segment that continues what `cache` holds and leaves its keys and values there.
  /// - Parameter cache: May continue a cache of another segment of this batch, but must not be one.
  @discardableResult
  package mutating func append(
    roles: [RowRole], cache: SequenceCache, isDecoding: Bool, axes: AxisPlaces? = nil
  ) -> Int {
    precondition(segments.allSatisfy { $0.cache !== cache }, "two segments of a batch have the same cache")
    precondition(axes.map { $0.places.count == roles.count } ?? true)
    return add(roles, parent: nil, cache: cache, isDecoding: isDecoding, axes: axes)
  }

  private mutating func add(
    _ roles: [RowRole], parent: Int?, cache: SequenceCache?, isDecoding: Bool, places: [Int]? = nil,
    length: Int? = nil, axes: AxisPlaces? = nil
  ) -> Int {
    let rows = rowCount..<rowCount + roles.count
    segments.append(
      Segment(
        rows: rows, parent: parent, cache: cache, places: places, length: length ?? rows.count, axes: axes,
        isDecoding: isDecoding))
    self.roles += roles
    return segments.count - 1
  }

  /// Tells the caches that the whole decoder has seen this batch.
  func finish() {
    for segment in segments {
      segment.cache?.advance(by: segment.length, shift: segment.axes?.shift)
    }
  }

  /// The length of the longest sequence, with what its cache holds already.
  package var longestSequence: Int {
    segments.map { start(of: $0) + $0.length }.max() ?? 0
  }

  /// The position of a segment's first row in its sequence.
  func start(of segment: Segment) -> Int {
    if let cache = segment.cache {
      return cache.totalLength + segments(continuedBy: cache).reduce(0) { $0 + segments[$1].length }
    }
    guard let parent = segment.parent else { return 0 }
    return start(of: segments[parent]) + segments[parent].length
  }

  /// Whether any row has places on several axes, or follows one that has.
  var hasAxes: Bool { segments.contains { $0.axes != nil || shift(before: $0) != 0 } }

  /// How far the places behind the sequence's pictures lie from the count of its rows.
  func shift(before segment: Segment) -> Int {
    if let cache = segment.cache {
      return cache.shift ?? segments(continuedBy: cache).lazy.compactMap { segments[$0].axes?.shift }.first
        ?? cache.totalShift
    }
    guard let parent = segment.parent else { return 0 }
    return segments[parent].axes?.shift ?? shift(before: segments[parent])
  }

  /// The segments of this batch whose caches `cache` continues.
  func segments(continuedBy cache: SequenceCache) -> [Int] {
    var result: [Int] = []
    var ancestor = cache.parent
    while let parent = ancestor {
      result += segments.indices.filter { segments[$0].cache === parent }
      ancestor = parent.parent
    }
    return result
  }
}
