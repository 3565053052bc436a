internal import CKernels

/// The keys and values of consecutive rows, kept for later ones, in pages.
///
/// Copies share their pages. Whichever is appended to first gets a last page of its own, so that all of them may go
/// different ways.
package struct KeyValueRows: Sendable {
  /// Rows of a page.
  package static let pageRows = 64

  package let heads: AttentionHeads
  package let format: KeyValueFormat
  package private(set) var count = 0
  private let store: KeyValueStore
  private var pages: [KeyValuePage] = []

  package init(_ heads: AttentionHeads, format: KeyValueFormat, store: KeyValueStore) {
    self.heads = heads
    self.format = format
    self.store = store
  }

  /// Bytes that the rows take; the last page may have more.
  package var bytes: Int { count * format.bytesPerRow(heads) }

  /// Bytes of one page.
  package var pageBytes: Int { Self.pageRows * format.bytesPerRow(heads) }

  /// Bytes of all pages, those that copies share included.
  package var memoryBytes: Int { pages.count * pageBytes }

  /// Bytes of the pages that so many rows need.
  package static func memoryBytes(rows: Int, _ heads: AttentionHeads, _ format: KeyValueFormat) -> Int {
    pages(of: rows) * pageRows * format.bytesPerRow(heads)
  }

  /// - Shape: key, value `[rows, keyValueHeads · headWidth]`
  package mutating func append(key: Tensor, value: Tensor, backend: Backend) {
    precondition(
      key.rows == value.rows && key.width == width && value.width == width,
      "\(key.shape) and \(value.shape) as rows of \(heads.keyValueHeads) heads of \(heads.headWidth)")
    let first = count
    makeRoom(for: key.rows)
    count += key.rows
    let grown = self
    backend.parallel(key.rows, threads: backend.usefulThreads(elements: 2 * key.count)) { part in
      grown.write(part, of: key, value, from: first, backend.kernels)
    }
  }

  /// Forgets the rows behind the first `newCount`.
  package mutating func truncate(to newCount: Int) {
    precondition(newCount >= 0 && newCount <= count, "\(newCount) of \(count) rows")
    count = newCount
    pages.removeLast(pages.count - Self.pages(of: newCount))
  }

  private var width: Int { heads.keyValueHeads * heads.headWidth }

  private static func pages(of rows: Int) -> Int { (rows + pageRows - 1) / pageRows }

  private mutating func makeRoom(for rows: Int) {
    guard rows > 0 else { return }
    if count % Self.pageRows > 0, !isKnownUniquelyReferenced(&pages[pages.count - 1]) {
      pages[pages.count - 1] = pages[pages.count - 1].copy()
    }
    while pages.count < Self.pages(of: count + rows) {
      pages.append(KeyValuePage(bytes: pageBytes, store: store))
    }
  }

  private enum Side { case keys, values }

  /// A page holds its keys `[keyValueHeads, pageRows, headWidth]`, so that a head's lie together, its values and, of bytes,
  /// the scales of the keys `[pageRows, keyValueHeads]` and of the values.
  private func numbers(_ side: Side, of page: KeyValuePage) -> UnsafeMutableRawPointer {
    page.address + (side == .keys ? 0 : Self.pageRows * width * format.size)
  }

  private func scales(_ side: Side, of page: KeyValuePage) -> UnsafeMutablePointer<Float>? {
    guard format == .int8 else { return nil }
    let first = (page.address + 2 * Self.pageRows * width * format.size).assumingMemoryBound(to: Float.self)
    return first + (side == .keys ? 0 : Self.pageRows * heads.keyValueHeads)
  }

  /// Writes some of the appended rows, of which the first one is row `first` of all.
  private func write(
    _ rows: Range<Int>, of key: Tensor, _ value: Tensor, from first: Int, _ kernels: KernelTable
  ) {
    for row in rows {
      let (page, place) = (first + row).quotientAndRemainder(dividingBy: Self.pageRows)
      write(key.floatPointer + row * width, to: .keys, of: pages[page], at: place, kernels)
      write(value.floatPointer + row * width, to: .values, of: pages[page], at: place, kernels)
    }
  }

  /// Writes one row.
  private func write(
    _ source: UnsafePointer<Float>, to side: Side, of page: KeyValuePage, at place: Int,
    _ kernels: KernelTable
  ) {
    let (numbers, scales) = (numbers(side, of: page), scales(side, of: page))
    let count = heads.headWidth
    for head in 0..<heads.keyValueHeads {
      let target = numbers + (head * Self.pageRows + place) * count * format.size
      if format == .float32 {
        target.copyMemory(from: source + head * count, byteCount: count * format.size)
      } else {
        kernels.functions.narrow_lines(
          format.spanFormat, source + head * count, 1, Int64(count), target,
          scales.map { $0 + place * heads.keyValueHeads + head })
      }
    }
  }

  /// Some rows as floats: keys, and behind them values.
  /// - Shape: `[rows.count, 2 · keyValueHeads · headWidth]`
  package func read(_ rows: Range<Int>, backend: Backend) -> Tensor {
    precondition(rows.lowerBound >= 0 && rows.upperBound <= count, "\(rows) of \(count) rows")
    return Tensor(floats: [rows.count, 2 * width]) { start in
      for (line, row) in rows.enumerated() {
        var page = span(row / Self.pageRows)
        for head in 0..<2 * heads.keyValueHeads {
          backend.kernels.functions.read_line(
            &page, head < heads.keyValueHeads ? 0 : 1, Int64(row % Self.pageRows),
            Int64(head % heads.keyValueHeads), Int64(heads.headWidth),
            start + line * 2 * width + head * heads.headWidth)
        }
      }
    }
  }

  /// How many spans the kernels see.
  var spanCount: Int { pages.count }

  /// What the kernels see of one page.
  func span(_ index: Int) -> GMSpan {
    let page = pages[index]
    return GMSpan(
      key: numbers(.keys, of: page), value: numbers(.values, of: page), key_scales: scales(.keys, of: page),
      value_scales: scales(.values, of: page), key_gradient: nil, value_gradient: nil,
      rows: Int64(min(Self.pageRows, count - index * Self.pageRows)),
      stride: Int64(heads.headWidth), head_stride: Int64(Self.pageRows * heads.headWidth),
      scale_stride: Int64(heads.keyValueHeads), format: format.spanFormat)
  }
}
