import Foundation

/// Reads TensorBoard's event files, written apart from the writer: a bitwise checksum, and protocol buffers of any members.
struct EventReader {
  struct Event: Equatable {
    var step: UInt64?
    var version: String?
    var scalars: [String: Float] = [:]
    var time: Double?
  }

  let events: [Event]

  /// - Throws: If a length or a checksum is not what it should be, or a byte is left over.
  init(_ data: Data) throws {
    var rest = [UInt8](data)[...]
    var events: [Event] = []
    while !rest.isEmpty {
      let head = try Self.take(8, &rest)
      guard Self.number(try Self.take(4, &rest)) == UInt64(Self.masked(head)) else { throw Fault.checksum }
      let record = try Self.take(Int(Self.number(head)), &rest)
      guard Self.number(try Self.take(4, &rest)) == UInt64(Self.masked(record)) else { throw Fault.checksum }
      events.append(try Self.event(record))
    }
    self.events = events
  }

  enum Fault: Error {
    case cut, checksum, member
  }

  /// CRC-32C, a bit at a time.
  static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    var sum: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
      for bit in 0..<8 {
        let isOdd = (sum ^ UInt32(byte >> bit)) & 1 == 1
        sum >>= 1
        if isOdd { sum ^= 0x82F6_3B78 }
      }
    }
    return sum ^ 0xFFFF_FFFF
  }

  static func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
    let sum = UInt64(checksum(bytes))
    let turned = (sum >> 15 | sum << 17) & 0xFFFF_FFFF
    return UInt32((turned + 0xA282_EAD8) & 0xFFFF_FFFF)
  }

  private static func take(_ count: Int, _ bytes: inout ArraySlice<UInt8>) throws -> ArraySlice<UInt8> {
    guard count <= bytes.count else { throw Fault.cut }
    defer { bytes = bytes.dropFirst(count) }
    return bytes.prefix(count)
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.enumerated().reduce(0) { $0 + UInt64($1.element) << (8 * $1.offset) }
  }

  private static func varint(_ bytes: inout ArraySlice<UInt8>) throws -> UInt64 {
    var (value, shift) = (UInt64(0), 0)
    while let byte = bytes.popFirst() {
      value += UInt64(byte & 127) << shift
      if byte < 128 { return value }
      shift += 7
    }
    throw Fault.cut
  }

  /// The members of a message: number, kind, value, and the bytes of those that have some.
  private static func members(_ message: ArraySlice<UInt8>) throws -> [(
    number: UInt64, kind: UInt64, bytes: ArraySlice<UInt8>
  )] {
    var (rest, result) = (message, [(number: UInt64, kind: UInt64, bytes: ArraySlice<UInt8>)]())
    while !rest.isEmpty {
      let key = try varint(&rest)
      switch key & 7 {
      case 0:
        let start = rest
        _ = try varint(&rest)
        result.append((key >> 3, 0, start.prefix(start.count - rest.count)))
      case 1: result.append((key >> 3, 1, try take(8, &rest)))
      case 2:
        let count = try varint(&rest)
        result.append((key >> 3, 2, try take(Int(count), &rest)))
      case 5: result.append((key >> 3, 5, try take(4, &rest)))
      default: throw Fault.member
      }
    }
    return result
  }

  private static func event(_ record: ArraySlice<UInt8>) throws -> Event {
    var event = Event()
    for member in try members(record) {
      switch (member.number, member.kind) {
      case (1, 1): event.time = Double(bitPattern: number(member.bytes))
      case (2, 0):
        var bytes = member.bytes
        event.step = try varint(&bytes)
      case (3, 2): event.version = String(decoding: member.bytes, as: UTF8.self)
      case (5, 2):
        for value in try members(member.bytes) {
          guard value.number == 1, value.kind == 2 else { throw Fault.member }
          let parts = try members(value.bytes)
          guard let tag = parts.first(where: { $0.number == 1 && $0.kind == 2 }),
            let number = parts.first(where: { $0.number == 2 && $0.kind == 5 })
          else { throw Fault.member }
          event.scalars[String(decoding: tag.bytes, as: UTF8.self)] = Float(
            bitPattern: UInt32(Self.number(number.bytes)))
        }
      default: throw Fault.member
      }
    }
    return event
  }
}
