import Foundation
import Testing

/// What comes with the project.
enum Shipped {
  static let root = Fixtures.folder.deletingLastPathComponent().deletingLastPathComponent()

  static func model(_ name: String) -> String { root.appendingPathComponent("models/\(name)").path }

  static func picture(_ name: String) -> String { root.appendingPathComponent("demo/\(name)").path }
}

/// A folder that goes when its test does.
final class TestFolder {
  let url = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
    .appendingPathComponent("gamma-mod-\(UUID())")

  init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appendingPathComponent(name).path }

  func write(_ name: String, _ text: String) throws -> String {
    try Data(text.utf8).write(to: url.appendingPathComponent(name))
    return path(name)
  }

  func text(_ name: String) throws -> String {
    try String(contentsOf: url.appendingPathComponent(name), encoding: .utf8)
  }

  var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: url.path).sorted() }
  }

  /// Questions of the pocket world, some of each benchmark.
  func world(_ name: String = "world", count: Int = 6) throws -> String {
    let run = try CommandProcess(["world", "--out", path(name), "--count", "\(count)", "--seed", "3"])
    #expect(run.code == 0, "\(run.errors)")
    return path(name)
  }
}
