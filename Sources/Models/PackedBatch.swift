/// What a row of a packed batch stands for; routing treats them differently.
public enum RowRole: UInt8, Sendable {
  /// The system sentence, the question, anything else of the prompt.
  case prompt
  case image
  /// A token of an answer: the target in training, generated at inference.
  case answer
}

/// Token rows of any number of sequences, one behind the other, without padding.
public struct PackedBatch {
  /// Consecutive rows of one sequence.
  public struct Segment {
    /// The rows of the batch.
    public let rows: Range<Int>
    /// An earlier segment whose rows come before these in the same sequence; only without caches.
    public let parent: Int?
    /// Where keys and values stay for later rows; nil in training.
    public let cache: SequenceCache?
    /// The place of each row in the sequence, counted from the segment's start, where some places have no row; nil if
    /// the rows follow each other.
    public let places: [Int]?
    /// Places that the segment takes in its sequence.
    public let length: Int
    /// Whether the row is a single generated token, which some routing rules treat differently from a prompt.
    public let isDecoding: Bool
  }

  public private(set) var segments: [Segment] = []
  /// One role per row.
  public private(set) var roles: [RowRole] = []

  public init() {}

  public var rowCount: Int { roles.count }

  /// Adds a segment that keeps nothing.
  /// - Parameter parent: The index of the segment it continues.
  /// - Returns: The index of the new segment.
  @discardableResult
  public mutating func append(roles: [RowRole], continuing parent: Int? = nil) -> Int {
    add(roles, parent: parent, cache: nil, isDecoding: false)
  }

  /// Adds a segment of which only some places have a row, such as a picture of which the empty patches are left out.
  /// - Parameters:
  ///   - places: The place of each row, ascending.
  ///   - length: How many places there are; what continues the segment begins behind them.
  @discardableResult
  public mutating func append(roles: [RowRole], places: [Int], length: Int) -> Int {
    precondition(places.count == roles.count && places.allSatisfy { (0..<length).contains($0) })
    return add(roles, parent: nil, cache: nil, isDecoding: false, places: places, length: length)
  }

  /// Adds a segment that continues what `cache` holds and leaves its keys and values there.
  /// - Parameter cache: May continue a cache of another segment of this batch, but must not be one.
  @discardableResult
  public mutating func append(roles: [RowRole], cache: SequenceCache, isDecoding: Bool) -> Int {
    precondition(segments.allSatisfy { $0.cache !== cache }, "two segments of a batch have the same cache")
    return add(roles, parent: nil, cache: cache, isDecoding: isDecoding)
  }

  private mutating func add(
    _ roles: [RowRole], parent: Int?, cache: SequenceCache?, isDecoding: Bool, places: [Int]? = nil,
    length: Int? = nil
  ) -> Int {
    let rows = rowCount..<rowCount + roles.count
    segments.append(
      Segment(
        rows: rows, parent: parent, cache: cache, places: places, length: length ?? rows.count,
        isDecoding: isDecoding))
    self.roles += roles
    return segments.count - 1
  }

  /// Tells the caches that the whole decoder has seen this batch.
  func finish() {
    for segment in segments { segment.cache?.advance(by: segment.length) }
  }

  /// The length of the longest sequence, with what its cache holds already.
  public var longestSequence: Int {
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
