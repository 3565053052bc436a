internal import Foundation

/// TFRecord's framing: length (8 bytes, little endian), its checksum (4), the record, its checksum (4).
enum RecordFraming {
  private static let headLength = 12
  private static let tailLength = 4

  static func frame(_ record: [UInt8]) -> [UInt8] {
    let length = bytes(UInt64(record.count))
    return length + bytes(CRC32C.masked(length)) + record + bytes(CRC32C.masked(record))
  }

  /// The records of a file up to the first that is not whole, as a killed run leaves it.
  static func records(in data: Data) -> [[UInt8]] {
    let file = [UInt8](data)
    var records: [[UInt8]] = []
    var place = 0
    while file.count - place >= headLength + tailLength {
      let head = file[place..<place + 8]
      guard let length = Int(exactly: number(head)), length <= file.count - place - headLength - tailLength,
        UInt32(truncatingIfNeeded: number(file[place + 8..<place + headLength])) == CRC32C.masked(head)
      else { break }
      let start = place + headLength
      let record = file[start..<start + length]
      let sum = number(file[start + length..<start + length + tailLength])
      guard UInt32(truncatingIfNeeded: sum) == CRC32C.masked(record) else { break }
      records.append(Array(record))
      place = start + length + tailLength
    }
    return records
  }

  private static func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
