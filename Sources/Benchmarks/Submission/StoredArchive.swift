internal import Foundation

/// A ZIP archive whose files are stored without compression.
struct StoredArchive {
  private var files = Data()
  private var directory = Data()
  private var count: UInt16 = 0

  private static let fileMark: UInt32 = 0x0403_4B50
  private static let directoryMark: UInt32 = 0x0201_4B50
  private static let endMark: UInt32 = 0x0605_4B50
  /// Version 2.0, names in UTF-8, no compression, 1 January 1980.
  private static let format: [UInt16] = [20, 0x0800, 0, 0, 0x0021]

  mutating func add(_ name: String, _ text: String) {
    let (name, content) = (Data(name.utf8), Data(text.utf8))
    let start = UInt32(clamping: files.count)
    var entry = Data()
    for part in Self.format { entry.append(littleEndian: part) }
    entry.append(littleEndian: Self.checksum(content))
    entry.append(littleEndian: UInt32(clamping: content.count))
    entry.append(littleEndian: UInt32(clamping: content.count))
    entry.append(littleEndian: UInt16(clamping: name.count))
    files.append(littleEndian: Self.fileMark)
    files += entry
    // No extra field.
    files.append(littleEndian: UInt16(0))
    files += name + content
    directory.append(littleEndian: Self.directoryMark)
    directory.append(littleEndian: Self.format[0])
    directory += entry
    // No extra field, no comment, first disk, no attributes.
    directory += Data(repeating: 0, count: 12)
    directory.append(littleEndian: start)
    directory += name
    count += 1
  }

  func finished() -> Data {
    var end = Data()
    end.append(littleEndian: Self.endMark)
    end.append(littleEndian: UInt32(0))
    end.append(littleEndian: count)
    end.append(littleEndian: count)
    end.append(littleEndian: UInt32(clamping: directory.count))
    end.append(littleEndian: UInt32(clamping: files.count))
    end.append(littleEndian: UInt16(0))
    return files + directory + end
  }

  private static func checksum(_ data: Data) -> UInt32 {
    var remainder = UInt32.max
    for byte in data {
      remainder = table[Int(UInt8(truncatingIfNeeded: remainder) ^ byte)] ^ (remainder >> 8)
    }
    return ~remainder
  }

  /// The cyclic redundancy code 0xEDB88320 of every byte.
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
  }
}

extension Data {
  fileprivate mutating func append(littleEndian value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }
}
