/// A string as a dictionary key that tells apart what `String` holds for equal: canonically equivalent characters.
struct ByteString: Hashable, Sendable {
  let bytes: [UInt8]

  init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }
  init(_ string: String) { bytes = Array(string.utf8) }

  /// All bytes at once; an array would hand them over one by one, which takes most of a vocabulary's loading.
  func hash(into hasher: inout Hasher) {
    bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
  }
}
