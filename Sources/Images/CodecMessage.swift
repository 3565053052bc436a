/// Runs a call of a C codec that fills in a message where it fails.
enum CodecMessage {
  /// - Returns: nil when the call succeeded (returned true), otherwise its message.
  static func ofFailure(
    _ call: (_ message: UnsafeMutablePointer<CChar>, _ messageSize: Int) -> Bool
  ) -> String? {
    var message = [CChar](repeating: 0, count: 256)
    let succeeded = message.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.map { call($0, buffer.count) } ?? false
    }
    if succeeded { return nil }
    return String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
