package import Foundation

/// Writes files so that a reader, or a run after a crash, sees the whole old content or the whole new one.
package enum AtomicFile {
  /// Writes a file, replacing an old one.
  /// - Throws: `FileError` if that fails; the old file is then as it was.
  package static func write(_ data: Data, to url: URL) throws {
    try write(to: url) { file in try data.withUnsafeBytes { try file.write($0) } }
  }

  /// Writes a text file in UTF-8, replacing an old one.
  package static func write(_ text: String, to url: URL) throws {
    try write(Data(text.utf8), to: url)
  }

  /// Writes what `body` gives to the file it is handed. A symbolic link keeps pointing at its file, which is replaced; a
  /// pipe or a device is written to, as it has nothing that could be lost.
  package static func write(to url: URL, _ body: (OutputFile) throws -> Void) throws {
    let target = url.resolvingSymlinksInPath()
    switch Disk.kind(of: url) {
    case .folder: throw FileError(url.path, "this is a folder; name a file to write")
    case .device:
      let device = try OutputFile(device: url)
      try body(device)
      return try device.closeUnsynchronized()
    case .file, nil: break
    }
    PartialItem.clean(beside: target)
    let partial = PartialItem.partial.url(beside: target)
    let file = try OutputFile(partial, for: url)
    do {
      try body(file)
      try file.finish()
      try Disk.move(partial, to: target)
    } catch {
      try? FileManager.default.removeItem(at: partial)
      throw error
    }
  }
}
