package import Foundation

/// What to do with a picture beyond decoding it.
package struct DecodeOptions: Sendable, Equatable {
  /// Turn the picture upright by its EXIF orientation, as viewers and newer loaders do. The original
  /// evaluation code of LLaVA, MGM and γ-MoD does not.
  package var exifOrientation: Bool

  package init(exifOrientation: Bool = true) {
    self.exifOrientation = exifOrientation
  }
}

/// Reads PNG, JPEG, WebP, GIF and BMP files into RGB pixels, the same pixels as Pillow's
/// `open(file).convert("RGB")`.
///
/// Alpha is dropped, not blended; 16-bit samples keep their high byte; of an animation the first frame
/// counts. The format is told by the first bytes, whatever the file's name says. The size is known, and held
/// against the limits, before anything is allocated for the pixels.
package enum ImageLoader {
  /// - Throws: `ImageError` when the file cannot be read, exceeds a limit, is of an unknown format or
  ///   damaged.
  package static func load(
    path: String, limits: ImageLimits = ImageLimits(), options: DecodeOptions = DecodeOptions()
  ) throws -> PixelImage {
    try decode(readFile(path: path, limits: limits), name: path, limits: limits, options: options)
  }

  /// - Throws: as ``load(path:limits:options:)``.
  package static func load(
    url: URL, limits: ImageLimits = ImageLimits(), options: DecodeOptions = DecodeOptions()
  ) throws -> PixelImage {
    guard url.isFileURL else {
      throw ImageError.unreadable(name: url.absoluteString, reason: "only local files can be read")
    }
    return try load(path: url.path, limits: limits, options: options)
  }

  /// Decodes a file that is already in memory; `name` stands for it in errors.
  ///
  /// - Throws: `ImageError` when the file exceeds a limit, is of an unknown format or damaged.
  package static func decode(
    _ data: Data, name: String, limits: ImageLimits = ImageLimits(), options: DecodeOptions = DecodeOptions()
  ) throws -> PixelImage {
    try limits.check(fileBytes: data.count, name: name)
    let file = ByteReader([UInt8](data))
    let header = try header(of: file, name: name)
    try limits.check(width: header.width, height: header.height, name: name)
    let decoded = try pixels(of: file, header: header, limits: limits, name: name)
    return options.exifOrientation
      ? decoded.upright(from: orientation(of: file, format: header.format)) : decoded
  }

  /// Format and size by the header alone.
  ///
  /// - Throws: `ImageError` when the format is unknown or the header damaged. Limits are not applied.
  package static func probe(_ data: Data, name: String) throws -> ImageHeader {
    try header(of: ByteReader([UInt8](data)), name: name)
  }

  static func header(of file: ByteReader, name: String) throws -> ImageHeader {
    guard let format = ImageFormat(signatureOf: file) else {
      throw ImageError.unsupported(
        name: name,
        reason: file.count == 0 ? "the file is empty" : "its first bytes are of no known image format")
    }
    let (width, height) =
      switch format {
      case .png: try PNGFile.size(of: file, name: name)
      case .jpeg: try JPEGFile.size(of: file, name: name)
      case .webp: try WebPFile.size(of: file, name: name)
      case .gif: try GIFFile.size(of: file, name: name)
      case .bmp: try BMPFile.size(of: file, name: name)
      }
    guard width > 0, height > 0 else {
      throw ImageError.damaged(
        name: name, format: format, reason: "the header says \(width)×\(height) pixels")
    }
    return ImageHeader(format: format, width: width, height: height)
  }

  private static func pixels(
    of file: ByteReader, header: ImageHeader, limits: ImageLimits, name: String
  ) throws -> PixelImage {
    switch header.format {
    case .png: try PNGFile.decode(file, header: header, limits: limits, name: name)
    case .jpeg: try JPEGFile.decode(file, header: header, name: name)
    case .webp: try WebPFile.decode(file, header: header, name: name)
    case .gif: try GIFFile(file, name: name).decode()
    case .bmp: try BMPFile(file, name: name).decode()
    }
  }

  private static func orientation(of file: ByteReader, format: ImageFormat) -> ExifOrientation {
    switch format {
    case .png: PNGFile.orientation(of: file) ?? .up
    case .jpeg: JPEGFile.orientation(of: file) ?? .up
    case .webp: WebPFile.orientation(of: file) ?? .up
    case .gif, .bmp: .up
    }
  }

  /// Reads at most the limit's bytes, also from a pipe or a device that never ends.
  private static func readFile(path: String, limits: ImageLimits) throws -> Data {
    var isDirectory: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue {
      throw ImageError.unreadable(name: path, reason: "it is a folder")
    }
    do {
      let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
      defer { try? handle.close() }
      var data = Data()
      while data.count <= limits.fileBytes {
        let wanted = min(limits.fileBytes - data.count + 1, 1 << 20)
        guard let part = try handle.read(upToCount: wanted), !part.isEmpty else { break }
        data.append(part)
      }
      try limits.check(fileBytes: data.count, name: path)
      return data
    } catch let error as ImageError {
      throw error
    } catch {
      throw ImageError.unreadable(name: path, reason: ImageError.reason(of: error))
    }
  }
}
