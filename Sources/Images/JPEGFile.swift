internal import CTurboJPEG

/// Decoding JPEG by libjpeg-turbo, with our own walk over the markers for the size and the EXIF block.
enum JPEGFile {
  /// Real progressive files have about ten scans; thousands make decoding a large picture take minutes.
  static let scanLimit = 500

  static func size(of file: ByteReader, name: String) throws -> (width: Int, height: Int) {
    for segment in segments(of: file) where segment.isFrameHeader {
      guard let precision = file.byte(at: segment.offset),
        let height = file.bigEndian16(at: segment.offset + 1),
        let width = file.bigEndian16(at: segment.offset + 3),
        let components = file.byte(at: segment.offset + 5)
      else { break }
      guard [0xC0, 0xC1, 0xC2, 0xC9, 0xCA].contains(segment.marker) else {
        throw ImageError.unsupported(
          name: name, reason: "it uses a rare JPEG process (SOF\(segment.marker - 0xC0))")
      }
      guard precision == 8 else {
        throw ImageError.unsupported(name: name, reason: "its samples have \(precision) bits")
      }
      guard [1, 3, 4].contains(components) else {
        throw ImageError.unsupported(name: name, reason: "it has \(components) colour components")
      }
      return (width, height)
    }
    throw ImageError.damaged(name: name, format: .jpeg, reason: "it has no complete frame header")
  }

  static func decode(_ file: ByteReader, header: ImageHeader, name: String) throws -> PixelImage {
    try PixelImage(width: header.width, height: header.height) { rgb, message, messageSize in
      gamma_jpeg_decode(
        file.bytes, file.count, UInt32(header.width), UInt32(header.height), Int32(scanLimit), rgb, message,
        messageSize)
    } failure: { reason in
      ImageError.damaged(name: name, format: .jpeg, reason: reason)
    }
  }

  static func orientation(of file: ByteReader) -> ExifOrientation? {
    for segment in segments(of: file) where segment.marker == 0xE1 {
      if let content = file.slice(at: segment.offset, count: segment.length),
        content.starts(with: "Exif\0\0".utf8)
      {
        return ExifOrientation(exifBlock: content)
      }
    }
    return nil
  }

  struct Segment {
    let marker: Int
    /// Where the content begins, after the length field.
    let offset: Int
    let length: Int

    /// SOF0 to SOF15 without DHT (C4), JPG (C8) and DAC (CC).
    var isFrameHeader: Bool { (0xC0...0xCF).contains(marker) && ![0xC4, 0xC8, 0xCC].contains(marker) }
  }

  /// The segments before the first scan. Stray bytes between segments are skipped, as libjpeg does.
  static func segments(of file: ByteReader) -> some Sequence<Segment> {
    sequence(state: 2) { (offset: inout Int) -> Segment? in
      while true {
        while let byte = file.byte(at: offset), byte != 0xFF { offset += 1 }
        while file.byte(at: offset) == 0xFF { offset += 1 }
        guard let marker = file.byte(at: offset) else { return nil }
        offset += 1
        switch marker {
        case 0x00, 0x01, 0xD0...0xD8: continue  // stuffing and markers without content
        case 0xD9, 0xDA: return nil  // end of image, start of scan
        default:
          guard let length = file.bigEndian16(at: offset), length >= 2 else { return nil }
          defer { offset += length }
          return Segment(marker: marker, offset: offset + 2, length: length - 2)
        }
      }
    }
  }
}
