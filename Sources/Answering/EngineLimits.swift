internal import Foundation
package import Tensors

/// What an engine may use.
package struct EngineLimits: Sendable {
  /// Requests that are read or answered at the same time.
  package var activeRequests = 16
  /// Requests that may wait beside these.
  package var waitingRequests = 1024
  /// Rows of prompts that one pass reads at most, so that long prompts do not hold up other answers. A picture whose rows
  /// belong together may exceed it.
  package var rowsPerPass = 1024
  /// Bytes for keys and values, of running requests and of those that are kept for later ones.
  package var cacheBytes = max(1 << 30, Int(clamping: ProcessInfo.processInfo.physicalMemory / 4))
  /// Sequences that have ended and are kept for later ones at most.
  package var keptSequences = 64
  /// Bytes for the rows of pictures that are kept for later requests.
  package var pictureBytes = 256 << 20
  /// In which format keys and values are kept.
  package var cacheFormat = KeyValueFormat.float32

  package init() {}
}
