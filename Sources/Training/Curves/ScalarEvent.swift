/// One of TensorBoard's events: protocol buffers' message Event (event.proto) with the members that scalars need.
///
///     Event:   wall_time = 1 (double), step = 2 (int64), file_version = 3 (string), summary = 5 (Summary)
///     Summary: value = 1 (repeated Value)
///     Value:   tag = 1 (string), simple_value = 2 (float)
struct ScalarEvent: Equatable {
  /// What kind of member follows; the number behind the key's lowest three bits is the member's.
  private enum Wire: UInt64 {
    case varint = 0
    case fixed64 = 1
    case bytes = 2
    case fixed32 = 5
  }

  /// Seconds since 1970.
  let time: Double
  let step: Int
  let scalars: [(tag: String, value: Float)]

  static func == (left: ScalarEvent, right: ScalarEvent) -> Bool { left.encoded == right.encoded }

  /// The event that a file begins with.
  static func opening(time: Double) -> [UInt8] {
    member(1, time) + member(3, Array("brain.Event:2".utf8))
  }

  var encoded: [UInt8] {
    let values = scalars.flatMap { tag, value in
      Self.member(1, Self.member(1, Array(tag.utf8)) + Self.member(2, value))
    }
    return Self.member(1, time) + Self.member(2, step) + Self.member(5, values)
  }

  /// The step of an event, 0 where it names none; nil for bytes that are no event.
  static func step(of event: [UInt8]) -> Int? {
    var place = 0
    func varint() -> UInt64? {
      var (value, shift) = (UInt64(0), UInt64(0))
      while place < event.count, shift < 64 {
        let byte = event[place]
        place += 1
        value |= UInt64(byte & 0x7F) << shift
        if byte < 0x80 { return value }
        shift += 7
      }
      return nil
    }
    while place < event.count {
      guard let key = varint(), let wire = Wire(rawValue: key & 7) else { return nil }
      switch wire {
      case .varint:
        guard let value = varint() else { return nil }
        if key >> 3 == 2 { return Int(exactly: value) }
      case .fixed64: place += 8
      case .fixed32: place += 4
      case .bytes:
        guard let length = varint().flatMap({ Int(exactly: $0) }), length <= event.count - place else {
          return nil
        }
        place += length
      }
    }
    return place == event.count ? 0 : nil
  }

  private static func key(_ number: UInt64, _ wire: Wire) -> [UInt8] { varint(number << 3 | wire.rawValue) }

  private static func member(_ number: UInt64, _ value: Double) -> [UInt8] {
    key(number, .fixed64) + withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
  }

  private static func member(_ number: UInt64, _ value: Float) -> [UInt8] {
    key(number, .fixed32) + withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
  }

  private static func member(_ number: UInt64, _ value: Int) -> [UInt8] {
    key(number, .varint) + varint(UInt64(bitPattern: Int64(value)))
  }

  private static func member(_ number: UInt64, _ value: [UInt8]) -> [UInt8] {
    key(number, .bytes) + varint(UInt64(value.count)) + value
  }

  private static func varint(_ value: UInt64) -> [UInt8] {
    var (rest, bytes) = (value, [UInt8]())
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(truncatingIfNeeded: rest)]
  }
}
