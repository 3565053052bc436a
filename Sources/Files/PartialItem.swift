package import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Names beside a target: the new content while it is written, and the old content while it is replaced.
package enum PartialItem: String {
  case partial
  case replaced

  /// A name that no other run uses, such as `.model.partial-1f3a…`.
  package func url(beside target: URL) -> URL {
    let mark = String(UInt64.random(in: 0...UInt64.max), radix: 16)
    return target.deletingLastPathComponent().appendingPathComponent("\(prefix(target))\(mark)")
  }

  /// What runs left behind.
  package func leftovers(beside target: URL) -> [URL] {
    let parent = target.deletingLastPathComponent()
    let names = (try? FileManager.default.contentsOfDirectory(atPath: parent.path)) ?? []
    return names.filter { $0.hasPrefix(prefix(target)) }.sorted().map { parent.appendingPathComponent($0) }
  }

  private func prefix(_ target: URL) -> String { ".\(target.lastPathComponent).\(rawValue)-" }

  /// An error as its reader knows the place: a file of a folder that is written aside has the path that it will have.
  package static func named(_ error: any Error, _ partial: URL, for target: URL) -> any Error {
    guard let error = error as? FileError, error.path.hasPrefix(partial.path) else { return error }
    return FileError(target.path + error.path.dropFirst(partial.path.count), error.message)
  }

  /// Deletes what killed runs left behind while they wrote a target, and nothing that a live run still writes.
  package static func clean(beside target: URL) {
    for leftover in PartialItem.partial.leftovers(beside: target) where ItemLock(leftover) != nil {
      try? FileManager.default.removeItem(at: leftover)
    }
  }
}

/// Says that a live process works on a file or folder. The system takes the lock away when the process ends.
package final class ItemLock {
  private let descriptor: Int32

  /// Fails if another process, or another part of this one, works on the item or it is gone.
  package init?(_ url: URL) {
    descriptor = open(url.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    // A file system without locks must not keep anyone from working.
    if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
      close(descriptor)
      return nil
    }
  }

  deinit { close(descriptor) }
}
