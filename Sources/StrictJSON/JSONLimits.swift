/// What a JSON text may demand before it is refused.
package struct JSONLimits: Sendable {
  /// Bytes of a file, or of one line of a JSON Lines file.
  package var bytes: Int
  /// Arrays and objects inside each other; values above 512 count as 512, which every thread's stack holds.
  package var depth: Int

  package init(bytes: Int = 1 << 30, depth: Int = 64) {
    self.bytes = bytes
    self.depth = min(depth, 512)
  }
}
