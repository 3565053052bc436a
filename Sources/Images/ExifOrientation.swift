/// How a stored picture must be turned to stand upright, by the EXIF tag 0x0112. The names tell where the
/// stored picture's top row belongs.
package enum ExifOrientation: Int, Sendable, CaseIterable {
  case up = 1
  case upMirrored = 2
  case down = 3
  case downMirrored = 4
  case leftMirrored = 5
  case right = 6
  case rightMirrored = 7
  case left = 8

  /// Reads the orientation from an EXIF block: a TIFF header and its first directory, with or without the
  /// `Exif` prefix. Nil when there is none or the block makes no sense, which is common and harmless.
  init?(exifBlock: ArraySlice<UInt8>) {
    let prefix = Array("Exif\0\0".utf8)
    let tiff = ByteReader(
      Array(exifBlock.starts(with: prefix) ? exifBlock.dropFirst(prefix.count) : exifBlock))
    let littleEndian = tiff.starts(with: [0x49, 0x49, 0x2A, 0x00])
    guard littleEndian || tiff.starts(with: [0x4D, 0x4D, 0x00, 0x2A]) else { return nil }

    func number16(at offset: Int) -> Int? {
      littleEndian ? tiff.littleEndian16(at: offset) : tiff.bigEndian16(at: offset)
    }
    func number32(at offset: Int) -> Int? {
      littleEndian ? tiff.littleEndian32(at: offset) : tiff.bigEndian32(at: offset)
    }
    guard let directory = number32(at: 4), let entries = number16(at: directory) else { return nil }
    for entry in 0..<entries {
      let offset = directory + 2 + entry * 12
      guard let tag = number16(at: offset), let type = number16(at: offset + 2) else { return nil }
      guard tag == 0x0112 else { continue }
      let short = 3
      let long = 4
      let value =
        switch type {
        case short: number16(at: offset + 8)
        case long: number32(at: offset + 8)
        default: Int?.none
        }
      guard let value else { return nil }
      self.init(rawValue: value)
      return
    }
    return nil
  }
}
