package import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file or folder that somebody asked to have written, which is checked before the work that fills it.
///
/// What is there already is only replaced where that was asked for, and never where it is read as well.
package struct OutputPlace: Sendable {
  package enum Kind: Sendable { case file, folder }

  package let url: URL
  /// Whether what is there may be replaced.
  package let mayReplace: Bool
  private let kind: Kind

  package init(_ url: URL, _ kind: Kind = .file, mayReplace: Bool = false) {
    self.url = url
    self.kind = kind
    self.mayReplace = mayReplace
  }

  /// - Parameter inputs: Files and folders that are read. Their folders may be written to, but nothing in them is replaced.
  /// - Throws: `FileError` if the place cannot be written, is read as well, or holds something that may not be replaced.
  package func check(inputs: [URL] = []) throws {
    let found = Disk.kind(of: url)
    switch (found, kind) {
    case (.folder?, .file): throw FileError(url.path, "this is a folder; name a file to write")
    case (.file?, .folder), (.device?, .folder):
      throw FileError(url.path, "this is a file; name a folder to write")
    case (.device?, .file):
      guard access(url.path, W_OK) == 0 else {
        throw FileError(url.path, "this cannot be written (\(systemReason())); check its permissions")
      }
      return
    default: break
    }
    if let input = inputs.first(where: holds) {
      throw FileError(
        url.path,
        "this is read as well\(input.path == url.path ? "" : ", as \(input.path)"), and writing would destroy it; name another place"
      )
    }
    try checkReplacing()
    try tryWriting()
  }

  /// Whether what would be replaced is an input or a part of one.
  private func holds(_ input: URL) -> Bool {
    guard let own = FileIdentity(url), let other = FileIdentity(input) else { return false }
    if own == other { return true }
    guard Disk.kind(of: input) == .folder else {
      // A folder that is replaced takes what lies in it along.
      return kind == .folder && Self.folders(of: input).contains(own)
    }
    if kind == .folder { return Self.folders(of: input).contains(own) }
    let inside = (try? Disk.names(in: input)) ?? []
    return Self.folders(of: url).contains(other)
      || inside.contains { FileIdentity(input.appendingPathComponent($0)) == own }
  }

  /// The folders in which an item lies, up to the root.
  private static func folders(of url: URL) -> Set<FileIdentity> {
    var (folder, found) = (url.resolvingSymlinksInPath().standardizedFileURL, Set<FileIdentity>())
    while folder.pathComponents.count > 1 {
      folder.deleteLastPathComponent()
      if let identity = FileIdentity(folder) { found.insert(identity) }
    }
    return found
  }

  /// - Throws: `FileError` if something is there that may not be replaced; an empty file or folder holds nothing to lose.
  package func checkReplacing() throws {
    guard !mayReplace, Disk.holdsSomething(url) else { return }
    throw FileError(
      url.path, "it is there already; name another place, or replace it by --overwrite")
  }

  /// Makes the file that writing begins with, and takes it away.
  private func tryWriting() throws {
    let target = url.resolvingSymlinksInPath()
    var parent = target.deletingLastPathComponent()
    // A folder is made with those it lies in.
    while kind == .folder, Disk.kind(of: parent) == nil, parent.pathComponents.count > 1 {
      parent.deleteLastPathComponent()
    }
    guard Disk.kind(of: parent) == .folder else {
      let isThere = Disk.kind(of: parent) != nil
      throw FileError(
        url.path,
        "\(parent.path) is \(isThere ? "no folder; name another place" : "not there; make this folder first")"
      )
    }
    let trial = PartialItem.partial.url(beside: parent.appendingPathComponent(target.lastPathComponent))
    let descriptor = open(trial.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw FileError(
        url.path,
        "nothing can be written there (\(systemReason())); check the folder's permissions and the free space")
    }
    close(descriptor)
    unlink(trial.path)
  }

  package func write(_ data: Data) throws {
    try checkReplacing()
    try AtomicFile.write(data, to: url)
  }

  package func write(_ text: String) throws { try write(Data(text.utf8)) }
}
