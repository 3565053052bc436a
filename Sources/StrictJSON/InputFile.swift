import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file or pipe that is open for reading.
final class InputFile: Sendable {
  let path: String
  private let descriptor: Int32

  init(_ url: URL) throws(JSONError) {
    path = url.path
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      let reason =
        errno == ENOENT
        ? "there is no such file; check the path"
        : "the file cannot be opened (\(String(cString: strerror(errno)))); check its permissions"
      throw JSONError(file: path, message: reason)
    }
  }

  deinit { close(descriptor) }

  /// Appends up to `count` bytes to `bytes`.
  /// - Returns: how many were read; 0 at the end of the file.
  func read(_ count: Int, into bytes: inout [UInt8]) throws(JSONError) -> Int {
    let start = bytes.count
    bytes.append(contentsOf: repeatElement(0, count: count))
    let descriptor = descriptor
    let received = bytes.withUnsafeMutableBytes { buffer in
      while true {
        let received = systemRead(descriptor, buffer.baseAddress.map { $0 + start }, count)
        if received >= 0 || errno != EINTR { return received }
      }
    }
    guard received >= 0 else {
      let reason = String(cString: strerror(errno))
      throw JSONError(file: path, message: "the file cannot be read (\(reason)); check that it is a file")
    }
    bytes.removeLast(count - received)
    return received
  }

  /// The rest of the file.
  func readAll(limit: Int) throws(JSONError) -> [UInt8] {
    var status = stat()
    let expected = fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
    guard expected <= limit else { throw tooLong(limit) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(expected + (1 << 16))
    // A regular file takes one call and one more that meets its end; pipes and devices take as many as they need.
    while case let count = try read(bytes.count < expected ? expected - bytes.count : 1 << 16, into: &bytes),
      count > 0
    {
      guard bytes.count <= limit else { throw tooLong(limit) }
      // Devices that never end give zeros soon.
      if expected == 0, bytes.suffix(count).contains(0) {
        throw JSONError(file: path, message: "a byte is 0, which no text holds; give a file of text")
      }
    }
    return bytes
  }

  private func tooLong(_ limit: Int) -> JSONError {
    JSONError(
      file: path,
      message:
        "the file is longer than the limit of \(limit) bytes; more is taken for an attack, so get the file anew"
    )
  }
}

/// `read(2)` under a name that methods called `read` do not hide.
private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
  read(descriptor, buffer, count)
}
