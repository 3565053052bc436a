extension JSONParser {
  /// An error at the current or the given byte.
  func error(_ message: String, at offset: Int? = nil) -> JSONError {
    let offset = offset ?? position
    let before = bytes.prefix(offset)
    let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    let line = linesBefore + before.count { $0 == 0x0A } + 1
    return JSONError(
      file: file, offset: bytesBefore + offset, line: line, column: offset - lineStart + 1, message: message)
  }

  /// The byte at the current position, for messages.
  var describedByte: String {
    guard position < bytes.count else { return "the end of the text" }
    let byte = bytes[position]
    if (0x21...0x7E).contains(byte) { return "'\(Unicode.Scalar(byte))'" }
    let digits = String(byte, radix: 16, uppercase: true)
    return "the byte 0x" + (digits.count == 1 ? "0" + digits : digits)
  }
}
