internal import Files
package import Foundation

/// Writes folders so that a reader, or a run after a crash, finds the whole old content or the whole new one.
///
/// The content is written to a folder beside the target, brought to the disk, described by `manifest.json` and only
/// then renamed. A run that was killed leaves hidden files beside the target, which the next write deletes.
package enum AtomicFolder {
  /// Writes a folder.
  ///
  /// - Parameters:
  ///   - mayReplace: Whether an old folder is replaced; otherwise there must be none, or an empty one.
  ///   - body: Writes all files into the folder it is handed, but no `manifest.json`.
  /// - Throws: what `body` throws, or `FileError` if writing fails or the target holds files that were not
  ///   written by this function. The target is then as it was.
  @discardableResult
  package static func write<Result>(to url: URL, mayReplace: Bool = true, _ body: (URL) throws -> Result)
    throws -> Result
  {
    let target = url.resolvingSymlinksInPath().standardizedFileURL
    let place = OutputPlace(url, .folder, mayReplace: mayReplace)
    try Disk.createFolder(target.deletingLastPathComponent())
    try recover(target)
    try place.checkReplacing()
    try checkReplaceable(target)
    PartialItem.clean(beside: target)

    let partial = PartialItem.partial.url(beside: target)
    try Disk.createFolder(partial)
    guard let lock = ItemLock(partial) else {
      throw FileError(url.path, "another run took the folder that this was written to; start again")
    }
    defer { withExtendedLifetime(lock) {} }
    do {
      let result = try body(partial)
      try seal(partial)
      try place.checkReplacing()
      try checkReplaceable(target)
      try exchange(partial, target)
      return result
    } catch {
      try? FileManager.default.removeItem(at: partial)
      throw PartialItem.named(error, partial, for: url)
    }
  }

  /// Whether a folder was written to its end: its manifest and all files with their sizes are there.
  package static func isComplete(_ url: URL) -> Bool {
    guard let manifest = try? FolderManifest(of: url) else { return false }
    return manifest.records.allSatisfy { path, record in
      FolderManifest.size(of: url.appendingPathComponent(path)) == record.size
    }
  }

  /// Checks that every file of a folder is what was written, which reads all of them.
  /// - Throws: `FileError` or `JSONError` that names the first file that is missing or differs.
  package static func verify(_ url: URL) throws {
    let manifest = try FolderManifest(of: url)
    for (path, record) in manifest.records.sorted(by: { $0.key < $1.key }) {
      let file = url.appendingPathComponent(path)
      guard FileManager.default.fileExists(atPath: file.path) else {
        throw FileError(file.path, "the manifest lists this file and it is missing; copy it again")
      }
      guard try FolderManifest.record(of: file) == record else {
        throw FileError(file.path, "the content differs from the manifest; copy the folder again")
      }
    }
  }

  /// Puts an old folder back that a killed run had moved aside and not yet replaced; deletes one that was replaced.
  ///
  /// Writing does this first; call it before reading a folder that a run may have been killed at, as resuming does.
  package static func recover(_ url: URL) throws {
    for aside in PartialItem.replaced.leftovers(beside: url) where ItemLock(aside) != nil {
      if isComplete(url) {
        try? FileManager.default.removeItem(at: aside)
      } else if isComplete(aside), !FileManager.default.fileExists(atPath: url.path) {
        try Disk.move(aside, to: url)
      }
    }
  }

  /// Brings the files of a folder to the disk and describes them.
  private static func seal(_ folder: URL) throws {
    let manifestURL = folder.appendingPathComponent(FolderManifest.fileName)
    guard !FileManager.default.fileExists(atPath: manifestURL.path) else {
      throw FileError(manifestURL.path, "this name is reserved; give the file another")
    }
    let manifest = try FolderManifest(describing: folder)
    var folders: Set<URL> = [folder]
    for path in manifest.records.keys {
      let file = folder.appendingPathComponent(path)
      try Disk.synchronize(file)
      folders.insert(file.deletingLastPathComponent())
    }
    for folder in folders { try Disk.synchronize(folder) }
    try manifest.write(to: folder)
  }

  /// Gives the new folder the target's name. The old folder is complete under one of two names at every moment.
  private static func exchange(_ new: URL, _ target: URL) throws {
    guard FileManager.default.fileExists(atPath: target.path) else {
      do {
        return try Disk.move(new, to: target)
      } catch  where Disk.holdsSomething(target) {
        throw FileError(target.path, "another run has written this folder meanwhile; name another one")
      }
    }
    guard let lock = ItemLock(target) else {
      throw FileError(target.path, "another run is replacing this folder; wait for it and start again")
    }
    defer { withExtendedLifetime(lock) {} }
    let aside = PartialItem.replaced.url(beside: target)
    try Disk.move(target, to: aside)
    do {
      try Disk.move(new, to: target)
    } catch {
      try Disk.move(aside, to: target)
      throw error
    }
    try? FileManager.default.removeItem(at: aside)
  }

  /// Only folders that are empty, or hold nothing but what was written here, may be replaced.
  private static func checkReplaceable(_ target: URL) throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: target.path, isDirectory: &isFolder) else { return }
    guard isFolder.boolValue else {
      throw FileError(target.path, "a file stands where a folder is to be written; name another")
    }
    let known = (try? FolderManifest(of: target))?.records
    let hasForeignManifest =
      known == nil
      && FileManager.default.fileExists(atPath: target.appendingPathComponent(FolderManifest.fileName).path)
    let foreign = try FolderManifest.files(in: target).first { known?[$0] == nil }
    if let foreign = hasForeignManifest ? FolderManifest.fileName : foreign {
      throw FileError(
        target.path,
        "the folder holds \(foreign), which was not written with it; move it or name another folder")
    }
  }
}
