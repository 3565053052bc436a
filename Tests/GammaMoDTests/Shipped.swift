import Foundation
import GammaMoD

/// What lies in the repository.
enum Shipped {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
  static let routed = root.appending(path: "models/pocket-gamma")
  static let dense = root.appending(path: "models/pocket")

  static func picture(_ number: Int = 1) throws -> Picture {
    try Picture(contentsOf: root.appending(path: "demo/\(number).png"))
  }

  /// Questions about shipped pictures, as ARank is measured with.
  static func questions(in folder: URL) throws -> URL {
    let file = folder.appending(path: "questions.jsonl")
    let lines = (1...3).map { number in
      #"{"image": "\#(root.path)/demo/\#(number).png", "text": "What color is the circle?"}"#
    }
    try lines.joined(separator: "\n").write(to: file, atomically: true, encoding: .utf8)
    return file
  }

  /// Runs with a folder that is deleted behind it.
  static func withFolder<Result>(_ body: (URL) async throws -> Result) async throws -> Result {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "gamma-mod-tests-" + UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder)
  }
}
