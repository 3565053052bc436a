import Foundation

/// The models and pictures that come with the tool: in a checkout, or where `make install` puts them.
enum SharedFiles {
  /// A folder as the user names it or, where its usual name is nowhere below the current folder, that of the installation.
  /// - Parameter usual: The name that stands for what comes with the tool.
  /// - Throws: `StreamError` if nothing is there.
  static func folder(_ path: String, usual: String) throws -> URL {
    let here = URL(fileURLWithPath: path)
    let isThere = FileManager.default.fileExists(atPath: here.path)
    guard path == usual, !isThere else { return here }
    let installed = installation?.appending(path: usual)
    if let installed, FileManager.default.fileExists(atPath: installed.path) { return installed }
    throw StreamError(
      "\(usual): neither the current folder nor \(installed?.path ?? "an installation") holds it; run this in a checkout, or make install"
    )
  }

  /// `share/gamma-mod` beside the `bin` that holds the tool.
  private static var installation: URL? {
    Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "share/gamma-mod")
  }
}
