package import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Operations that outlast a loss of power.
package enum Disk {
  /// Brings the content of a file, or the names in a folder, to the disk.
  package static func synchronize(_ url: URL) throws {
    let descriptor = open(url.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw FileError(url.path, "this cannot be opened (\(systemReason())); check its permissions")
    }
    defer { close(descriptor) }
    try synchronize(descriptor, url.path)
  }

  /// Writes all bytes to an open file.
  static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, _ path: String) throws {
    var rest = bytes
    while !rest.isEmpty {
      let written = systemWrite(descriptor, rest.baseAddress, min(rest.count, 1 << 30))
      if written < 0, errno == EINTR { continue }
      guard written > 0 else {
        throw FileError(path, "writing failed (\(systemReason())); check the free space of the disk")
      }
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
    }
  }

  package static func synchronize(_ descriptor: Int32, _ path: String) throws {
    #if canImport(Darwin)
      let result = fcntl(descriptor, F_FULLFSYNC) == 0 ? 0 : fsync(descriptor)
    #else
      let result = fsync(descriptor)
    #endif
    // Some file systems cannot synchronise folders and say so by EINVAL.
    guard result == 0 || errno == EINVAL else {
      throw FileError(path, "writing failed (\(systemReason())); check the free space of the disk")
    }
  }

  package enum Kind {
    case file, folder
    /// A pipe, a terminal, a socket.
    case device
  }

  /// What a path, or that which a link at it points to, is; nil if there is nothing.
  package static func kind(of url: URL) -> Kind? {
    var status = stat()
    guard stat(url.path, &status) == 0 else { return nil }
    return switch status.st_mode & S_IFMT {
    case S_IFREG: .file
    case S_IFDIR: .folder
    default: .device
    }
  }

  /// Whether something would be lost if the item were replaced: a file with content, or a folder with anything in it.
  package static func holdsSomething(_ url: URL) -> Bool {
    var status = stat()
    guard stat(url.path, &status) == 0 else { return false }
    return switch kind(of: url) {
    case .file?: status.st_size > 0
    case .folder?: (try? names(in: url))?.isEmpty != true
    case .device?, nil: false
    }
  }

  /// Creates a folder and those it lies in.
  package static func createFolder(_ url: URL) throws {
    do {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    } catch {
      if kind(of: url) == .folder { return }
      throw FileError(
        url.path, "the folder cannot be created; check that no file is in its way, and the permissions")
    }
  }

  /// The names in a folder.
  package static func names(in folder: URL) throws -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder.path)
    } catch {
      throw FileError(folder.path, "the folder cannot be listed; check its permissions")
    }
  }

  /// Gives a file or folder another name in the same parent and brings the parent to the disk.
  package static func move(_ source: URL, to target: URL) throws {
    guard rename(source.path, target.path) == 0 else {
      throw FileError(
        target.path,
        "\(source.lastPathComponent) cannot be renamed to it (\(systemReason())); check permissions")
    }
    try synchronize(target.deletingLastPathComponent())
  }
}

/// `write(2)` under a name that methods called `write` do not hide.
private func systemWrite(_ descriptor: Int32, _ buffer: UnsafeRawPointer?, _ count: Int) -> Int {
  write(descriptor, buffer, count)
}
