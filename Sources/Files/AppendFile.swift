package import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file that grows at its end, locked so that no second process writes to it.
package final class AppendFile {
  package let path: String
  private let descriptor: Int32

  /// Opens the file, or creates it.
  /// - Parameter remedy: What to do if another process has it open.
  /// - Throws: `FileError` if it cannot be opened or another process has it open for appending.
  package init(_ url: URL, remedy: String = "wait for it or name another file") throws {
    path = url.path
    if Disk.kind(of: url) == .folder { throw FileError(path, "this is a folder; name a file to write") }
    descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw FileError(path, "the file cannot be opened (\(systemReason())); check its folder and permissions")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let reason = errno == EWOULDBLOCK ? "another process writes to it" : systemReason()
      close(descriptor)
      throw FileError(path, "the file cannot be locked (\(reason)); \(remedy)")
    }
  }

  deinit { close(descriptor) }

  /// Adds bytes at the end, in one piece where the system allows it.
  package func append(_ data: Data) throws {
    try data.withUnsafeBytes { try Disk.write($0, to: descriptor, path) }
  }

  /// Cuts off what lies behind the first `length` bytes.
  package func truncate(to length: Int) throws {
    guard ftruncate(descriptor, off_t(length)) == 0 else {
      throw FileError(path, "the file cannot be cut (\(systemReason())); check its permissions")
    }
  }

  /// Brings everything to the disk.
  package func synchronize() throws { try Disk.synchronize(descriptor, path) }
}
