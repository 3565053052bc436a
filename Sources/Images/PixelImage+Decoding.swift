extension PixelImage {
  /// A picture whose pixels a C decoder writes.
  ///
  /// - Parameters:
  ///   - decode: gets room for `3 * width * height` bytes and for a message, and tells whether it succeeded.
  ///   - failure: makes an error of the message.
  init(
    width: Int, height: Int,
    decode: (_ rgb: UnsafeMutablePointer<UInt8>, _ message: UnsafeMutablePointer<CChar>, _ messageSize: Int)
      -> Bool,
    failure: (_ reason: String) -> ImageError
  ) throws {
    let count = try Self.byteCount(width: width, height: height)
    let pixels = try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      guard let rgb = buffer.baseAddress else { return }
      if let message = CodecMessage.ofFailure({ decode(rgb, $0, $1) }) { throw failure(message) }
      initialized = count
    }
    self.init(width: width, height: height, checkedPixels: pixels)
  }
}
