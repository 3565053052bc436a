package import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A new file that is open for writing, locked so that nobody takes it for the leftover of a killed run.
package final class OutputFile {
  /// What errors call the file.
  package let path: String
  private var descriptor: Int32

  /// Creates the file, which must not exist.
  /// - Parameter target: The file that it will become, by which errors call it; nil if it is that file.
  package init(_ url: URL, for target: URL? = nil) throws {
    path = (target ?? url).path
    descriptor = open(url.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw FileError(
        path, "the file cannot be created (\(systemReason())); check its folder and permissions")
    }
    _ = flock(descriptor, LOCK_EX | LOCK_NB)
  }

  /// Opens a pipe or a device that exists.
  init(device url: URL) throws {
    path = url.path
    descriptor = open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw FileError(path, "this cannot be written (\(systemReason())); check its permissions")
    }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  package func write(_ bytes: UnsafeRawBufferPointer) throws {
    try Disk.write(bytes, to: descriptor, path)
  }

  /// Brings everything to the disk and closes the file.
  package func finish() throws {
    try Disk.synchronize(descriptor, path)
    try closeUnsynchronized()
  }

  /// Closes the file and leaves it to the system when its content reaches the disk.
  package func closeUnsynchronized() throws {
    let result = close(descriptor)
    descriptor = -1
    guard result == 0 else {
      throw FileError(path, "writing failed (\(systemReason())); check the free space of the disk")
    }
  }
}
