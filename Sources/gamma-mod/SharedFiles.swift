import Foundation

/// The models and pictures that come with the tool: in a checkout, or where `make install` puts them.
enum SharedFiles {
  /// A folder as the user names it or, where its usual name is nowhere below the current folder, that of the installation.
  /// - Parameters:
  ///   - usual: The name that stands for what comes with the tool.
  ///   - item: What tells such a folder from others of its name.
  /// - Throws: `StreamError` if nothing is there.
  static func folder(_ path: String, usual: String, with item: String) throws -> URL {
    let here = URL(fileURLWithPath: path)
    guard path == usual, !holds(here, item) else { return here }
    let installed = installation?.appending(path: usual)
    if let installed, holds(installed, item) { return installed }
    throw StreamError(
      "\(usual): neither the current folder nor \(installed?.path ?? "an installation") holds it; run this in a checkout, or make install"
    )
  }

  private static func holds(_ folder: URL, _ item: String) -> Bool {
    FileManager.default.fileExists(atPath: folder.appending(path: item).path)
  }

  /// `share/gamma-mod` beside the `bin` that holds the tool.
  private static var installation: URL? {
    Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "share/gamma-mod")
  }
}
