package import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file mapped into memory for reading.
///
/// Safe to share between threads: the bytes are never written, and they stay until the last owner is gone.
package final class MappedFile: @unchecked Sendable {
  private let address: UnsafeMutableRawPointer?
  private let count: Int

  package init(_ url: URL) throws {
    let path = url.path
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw FileError(
        path, "the file cannot be opened (\(systemReason())); check its path and permissions")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw FileError(path, "this is not a regular file; name a file")
    }
    count = Int(status.st_size)
    guard count > 0 else {
      address = nil
      return
    }
    guard let mapping = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), mapping != MAP_FAILED else {
      throw FileError(path, "the file cannot be mapped (\(systemReason())); copy it to a local disk")
    }
    address = mapping
  }

  deinit {
    if let address { munmap(address, count) }
  }

  package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    defer { withExtendedLifetime(self) {} }
    return try body(UnsafeRawBufferPointer(start: address, count: count))
  }

  /// Says that a part is not needed for now, so that its pages stop counting as this process's memory. The bytes stay
  /// as they are and may be read again, even meanwhile.
  package func release(_ range: Range<Int>) {
    let range = range.clamped(to: 0..<count)
    guard let address, !range.isEmpty else { return }
    let page = max(1, sysconf(Int32(_SC_PAGESIZE)))
    let start = range.lowerBound / page * page
    madvise(address + start, range.upperBound - start, MADV_DONTNEED)
  }
}

/// The reason of the last failed system call, in words.
package func systemReason() -> String { String(cString: strerror(errno)) }
