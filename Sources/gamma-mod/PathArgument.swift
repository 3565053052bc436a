import ArgumentParser
import Foundation

/// The name of a file or folder. It is never empty: an empty name would mean the current folder.
struct PathArgument: ExpressibleByArgument, CustomStringConvertible {
  let path: String

  init?(argument: String) {
    guard !argument.isEmpty, !argument.contains("\0") else { return nil }
    path = argument
  }

  /// - Parameter path: Not empty.
  init(_ path: String) { self.path = path }

  var url: URL { URL(fileURLWithPath: path) }
  var description: String { path }
  var defaultValueDescription: String { path }
}
