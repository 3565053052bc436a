internal import CPNG

/// Decoding PNG by libpng, with our own walk over the chunks for what libpng is told to skip.
enum PNGFile {
  static func size(of file: ByteReader, name: String) throws -> (width: Int, height: Int) {
    guard file.bigEndian32(at: 8) == 13, file.starts(with: Array("IHDR".utf8), at: 12),
      let width = file.bigEndian32(at: 16), let height = file.bigEndian32(at: 20)
    else {
      throw ImageError.damaged(
        name: name, format: .png, reason: "it does not begin with a complete IHDR chunk")
    }
    return (width, height)
  }

  static func decode(_ file: ByteReader, header: ImageHeader, limits: ImageLimits, name: String) throws
    -> PixelImage
  {
    try refuseInflatingText(file, limit: limits.inflatedTextBytes, name: name)
    return try PixelImage(width: header.width, height: header.height) { rgb, message, messageSize in
      gamma_png_decode(
        file.bytes, file.count, UInt32(header.width), UInt32(header.height), rgb, message, messageSize)
    } failure: { reason in
      ImageError.damaged(name: name, format: .png, reason: reason)
    }
  }

  static func orientation(of file: ByteReader) -> ExifOrientation? {
    chunks(of: file).first { $0.type.elementsEqual("eXIf".utf8) }.flatMap {
      ExifOrientation(exifBlock: $0.content)
    }
  }

  private static func refuseInflatingText(_ file: ByteReader, limit: Int, name: String) throws {
    var total = 0
    for chunk in chunks(of: file) {
      guard let stream = compressedText(of: chunk) else { continue }
      total += stream.withUnsafeBufferPointer {
        gamma_zlib_inflated_size($0.baseAddress, $0.count, max(limit - total, 0))
      }
      guard total <= limit else {
        throw ImageError.tooLarge(
          name: name, limit: .inflatedText, found: total, allowed: limit)
      }
    }
  }

  /// The zlib stream in a zTXt, iTXt or iCCP chunk.
  private static func compressedText(of chunk: Chunk) -> ArraySlice<UInt8>? {
    let afterKeyword = chunk.content.drop { $0 != 0 }.dropFirst()
    if chunk.type.elementsEqual("zTXt".utf8) || chunk.type.elementsEqual("iCCP".utf8) {
      return afterKeyword.dropFirst()
    }
    if chunk.type.elementsEqual("iTXt".utf8), afterKeyword.first == 1 {
      let afterLanguage = afterKeyword.dropFirst(2).drop { $0 != 0 }.dropFirst()
      return afterLanguage.drop { $0 != 0 }.dropFirst()
    }
    return nil
  }

  struct Chunk {
    let type: ArraySlice<UInt8>
    let content: ArraySlice<UInt8>
  }

  /// The chunks in order, up to the first that does not fit into the file.
  static func chunks(of file: ByteReader) -> some Sequence<Chunk> {
    sequence(state: 8) { (offset: inout Int) -> Chunk? in
      guard let length = file.bigEndian32(at: offset), let type = file.slice(at: offset + 4, count: 4),
        let content = file.slice(at: offset + 8, count: length)
      else { return nil }
      offset += 12 + length
      return Chunk(type: type, content: content)
    }
  }
}
