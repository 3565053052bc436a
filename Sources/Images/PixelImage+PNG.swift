internal import CPNG
internal import Files
package import Foundation

extension PixelImage {
  /// The picture as a PNG file. The same pixels give the same bytes with the same versions of libpng and
  /// zlib.
  ///
  /// - Parameter name: stands for the picture in errors.
  /// - Throws: `ImageError.unwritable` when a side exceeds what libpng writes or memory runs out.
  package func pngData(name: String = "in memory") throws -> Data {
    guard let width = UInt32(exactly: width), let height = UInt32(exactly: height) else {
      throw ImageError.unwritable(name: name, reason: "a PNG file cannot hold \(width)×\(height) pixels")
    }
    var file: UnsafeMutablePointer<UInt8>?
    var size = 0
    let failure = CodecMessage.ofFailure {
      gamma_png_encode(pixels, width, height, &file, &size, $0, $1)
    }
    guard failure == nil, let file else {
      throw ImageError.unwritable(name: name, reason: failure ?? "libpng made no file")
    }
    return Data(bytesNoCopy: file, count: size, deallocator: .free)
  }

  /// Writes a PNG file. What the path held before is replaced only when the new file is complete on the disk.
  ///
  /// - Throws: `ImageError.unwritable`, or `FileError` if the disk refuses.
  package func writePNG(path: String) throws {
    try AtomicFile.write(try pngData(name: path), to: URL(fileURLWithPath: path))
  }
}
