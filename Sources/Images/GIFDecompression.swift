/// The Lempel–Ziv–Welch coding of GIF files: codes of 3 to 12 bits, low bits first, in blocks of up to 255
/// bytes.
struct GIFDecompression {
  private static let longestCode = 12

  private let file: ByteReader
  /// The next byte of the current block, and how many the block has left.
  private var offset: Int
  private var blockBytes = 0
  private var bits = 0
  private var bitCount = 0

  /// - Parameter offset: where the byte with the first code's size lies.
  init(_ file: ByteReader, offset: Int) {
    self.file = file
    self.offset = offset
  }

  /// The first `count` pixels; nil when the data breaks the rules or ends before them.
  func pixels(count: Int) -> [UInt8]? {
    var reader = self
    return reader.read(count: count)
  }

  private mutating func read(count: Int) -> [UInt8]? {
    guard let rootBits = file.byte(at: offset), (1...8).contains(rootBits) else { return nil }
    offset += 1
    let clear = 1 << rootBits
    let end = clear + 1
    let tableSize = 1 << Self.longestCode
    // Each code stands for the string of its prefix code and one more pixel.
    var prefix = [UInt16](repeating: 0, count: tableSize)
    var last = [UInt8](repeating: 0, count: tableSize)
    for root in 0..<clear { last[root] = UInt8(truncatingIfNeeded: root) }
    var next = clear + 2
    var codeBits = rootBits + 1
    var previous: Int?
    var reversed: [UInt8] = []
    var pixels: [UInt8] = []

    while pixels.count < count {
      guard let code = nextCode(bits: codeBits), code != end else { return nil }
      if code == clear {
        next = clear + 2
        codeBits = rootBits + 1
        previous = nil
        continue
      }
      guard code < next || (code == next && previous != nil), previous != nil || code < clear else {
        return nil
      }
      reversed.removeAll(keepingCapacity: true)
      // A code that is not yet known is the previous string and its own first pixel.
      let isNew = code == next
      var step = isNew ? previous ?? 0 : code
      while step >= clear {
        reversed.append(last[step])
        step = Int(prefix[step])
      }
      let first = last[step]
      reversed.append(first)
      pixels.append(contentsOf: reversed.reversed())
      if isNew { pixels.append(first) }
      if let previous, next < tableSize {
        prefix[next] = UInt16(truncatingIfNeeded: previous)
        last[next] = first
        next += 1
        if next == 1 << codeBits && codeBits < Self.longestCode { codeBits += 1 }
      }
      previous = code
    }
    return Array(pixels.prefix(count))
  }

  private mutating func nextCode(bits wanted: Int) -> Int? {
    while bitCount < wanted {
      if blockBytes == 0 {
        guard let size = file.byte(at: offset), size != 0 else { return nil }
        blockBytes = size
        offset += 1
      }
      guard let byte = file.byte(at: offset) else { return nil }
      bits |= byte << bitCount
      bitCount += 8
      offset += 1
      blockBytes -= 1
    }
    defer {
      bits >>= wanted
      bitCount -= wanted
    }
    return bits & ((1 << wanted) - 1)
  }
}
