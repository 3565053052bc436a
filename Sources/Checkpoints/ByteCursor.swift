/// Reads bytes one behind the other and never outside its range; what lies outside is nil.
package struct ByteCursor {
  package let bytes: UnsafeRawBufferPointer
  /// Where the next byte stands.
  package private(set) var offset: Int
  package let end: Int

  /// - Parameter range: A part of `bytes`.
  package init(_ bytes: UnsafeRawBufferPointer, in range: Range<Int>) {
    self.bytes = bytes
    offset = range.lowerBound
    end = range.upperBound
  }

  package var remaining: Int { end - offset }

  /// A little-endian number.
  package mutating func number<Number: FixedWidthInteger & BitwiseCopyable>(_ type: Number.Type = Number.self)
    -> Number?
  {
    guard remaining >= MemoryLayout<Number>.size else { return nil }
    defer { offset += MemoryLayout<Number>.size }
    return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: type))
  }

  /// The place of the next `count` bytes, which are then behind.
  package mutating func take(_ count: Int) -> Range<Int>? {
    guard count >= 0, count <= remaining else { return nil }
    defer { offset += count }
    return offset..<offset + count
  }

  /// The place of the bytes up to the next line feed, which is then behind as well.
  mutating func line(limit: Int) -> Range<Int>? {
    let window = offset..<offset + min(remaining, limit)
    guard let feed = bytes[window].firstIndex(of: UInt8(ascii: "\n")) else { return nil }
    defer { offset = feed + 1 }
    return offset..<feed
  }
}
