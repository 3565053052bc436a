/// Byte strings with a value each, found byte by byte from their start.
struct ByteTrie<Value: Sendable>: Sendable {
  /// From node × 256 + byte to the next node; the root is node 0.
  private var edges: [Int: Int] = [:]
  /// At each node, the value of the string that ends there.
  private var values: [Value?] = [nil]
  /// Whether a string starts with this byte, so that most positions of a text need no look into the edges.
  private var starts = [Bool](repeating: false, count: 256)

  var isEmpty: Bool { edges.isEmpty }

  /// A string that is there already gets the new value; the empty string is never found.
  mutating func insert(_ string: some Sequence<UInt8>, _ value: Value) {
    var node = 0
    for byte in string {
      if node == 0 { starts[Int(byte)] = true }
      let edge = node * 256 + Int(byte)
      if let next = edges[edge] {
        node = next
      } else {
        values.append(nil)
        node = values.count - 1
        edges[edge] = node
      }
    }
    if node != 0 { values[node] = value }
  }

  @inline(__always)
  func mayStart(with byte: UInt8) -> Bool { starts[Int(byte)] }

  /// Calls `body` with the value and the end of every string that stands in `text` at `start`, the shortest first.
  @inline(__always)
  func forEachMatch(
    in text: UnsafeBufferPointer<UInt8>, at start: Int, _ body: (_ value: Value, _ end: Int) -> Void
  ) {
    guard start < text.count, starts[Int(text[start])] else { return }
    var node = 0
    for position in start..<text.count {
      guard let next = edges[node * 256 + Int(text[position])] else { return }
      node = next
      if let value = values[node] { body(value, position + 1) }
    }
  }
}
