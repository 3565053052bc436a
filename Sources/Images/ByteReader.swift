/// Reads numbers from the bytes of a file at checked places; what lies outside the file is nil.
struct ByteReader {
  let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var count: Int { bytes.count }

  func byte(at offset: Int) -> Int? {
    bytes.indices.contains(offset) ? Int(bytes[offset]) : nil
  }

  func bigEndian16(at offset: Int) -> Int? {
    guard contains(offset, count: 2) else { return nil }
    return Int(bytes[offset]) << 8 | Int(bytes[offset + 1])
  }

  func bigEndian32(at offset: Int) -> Int? {
    guard contains(offset, count: 4) else { return nil }
    return (0..<4).reduce(0) { $0 << 8 | Int(bytes[offset + $1]) }
  }

  func littleEndian16(at offset: Int) -> Int? {
    guard contains(offset, count: 2) else { return nil }
    return Int(bytes[offset]) | Int(bytes[offset + 1]) << 8
  }

  func littleEndian32(at offset: Int) -> Int? {
    guard contains(offset, count: 4) else { return nil }
    return (0..<4).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
  }

  func starts(with prefix: [UInt8], at offset: Int = 0) -> Bool {
    contains(offset, count: prefix.count) && bytes[offset..<offset + prefix.count].elementsEqual(prefix)
  }

  /// The bytes of a range that must lie inside the file.
  func slice(at offset: Int, count: Int) -> ArraySlice<UInt8>? {
    contains(offset, count: count) ? bytes[offset..<offset + count] : nil
  }

  private func contains(_ offset: Int, count: Int) -> Bool {
    offset >= 0 && count >= 0 && count <= bytes.count && offset <= bytes.count - count
  }
}
