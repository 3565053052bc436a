internal import CWebP

/// Decoding WebP by libwebp: lossy, lossless, or the first frame of an animation.
enum WebPFile {
  static func size(of file: ByteReader, name: String) throws -> (width: Int, height: Int) {
    let features = try features(of: file, name: name)
    return (Int(features.width), Int(features.height))
  }

  static func decode(_ file: ByteReader, header: ImageHeader, name: String) throws -> PixelImage {
    if try features(of: file, name: name).has_animation != 0 {
      return try decodeFirstFrame(file, header: header, name: name)
    }
    let rowBytes = header.width * 3
    return try PixelImage(width: header.width, height: header.height) { rgb, _, _ in
      WebPDecodeRGBInto(file.bytes, file.count, rgb, rowBytes * header.height, Int32(rowBytes)) != nil
    } failure: { _ in
      ImageError.damaged(name: name, format: .webp, reason: "its pixel data is broken or incomplete")
    }
  }

  static func orientation(of file: ByteReader) -> ExifOrientation? {
    var offset = 12
    while let length = file.littleEndian32(at: offset + 4) {
      if file.starts(with: Array("EXIF".utf8), at: offset) {
        return file.slice(at: offset + 8, count: length).flatMap { ExifOrientation(exifBlock: $0) }
      }
      offset += 8 + length + length % 2
    }
    return nil
  }

  private static func features(of file: ByteReader, name: String) throws -> WebPBitstreamFeatures {
    var features = WebPBitstreamFeatures()
    guard WebPGetFeatures(file.bytes, file.count, &features) == VP8_STATUS_OK else {
      throw ImageError.damaged(name: name, format: .webp, reason: "its header is broken or incomplete")
    }
    return features
  }

  /// The first frame at its place on a black canvas.
  private static func decodeFirstFrame(_ file: ByteReader, header: ImageHeader, name: String) throws
    -> PixelImage
  {
    let rowBytes = header.width * 3
    return try PixelImage(width: header.width, height: header.height) { rgb, _, _ in
      rgb.initialize(repeating: 0, count: rowBytes * header.height)
      return file.bytes.withUnsafeBufferPointer { bytes in
        var whole = WebPData(bytes: bytes.baseAddress, size: bytes.count)
        guard let demuxer = WebPDemux(&whole) else { return false }
        defer { WebPDemuxDelete(demuxer) }
        var frame = WebPIterator()
        guard WebPDemuxGetFrame(demuxer, 1, &frame) != 0 else { return false }
        defer { WebPDemuxReleaseIterator(&frame) }
        let (x, y) = (Int(frame.x_offset), Int(frame.y_offset))
        guard frame.complete != 0, x >= 0, y >= 0, x + Int(frame.width) <= header.width,
          y + Int(frame.height) <= header.height
        else { return false }
        let start = y * rowBytes + x * 3
        let room = rowBytes * header.height - start
        return WebPDecodeRGBInto(
          frame.fragment.bytes, frame.fragment.size, rgb + start, room, Int32(rowBytes)) != nil
      }
    } failure: { _ in
      ImageError.damaged(name: name, format: .webp, reason: "its first frame is broken or incomplete")
    }
  }
}
