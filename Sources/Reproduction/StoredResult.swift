internal import Files
internal import Foundation
internal import StrictJSON

/// Results in JSON files that remember the settings they were made with, so that a study goes on where it was.
enum StoredResult {
  /// The object in a file; nil if there is none, or one that was made with other settings.
  static func read(_ file: URL, settings: JSONObject) throws -> JSONObject? {
    guard FileManager.default.fileExists(atPath: file.path) else { return nil }
    let json = try JSONObject.read(contentsOf: file)
    return try json.object("settings") == settings ? json : nil
  }

  /// Writes an object, which holds its settings, and the folder that it belongs in.
  static func write(_ json: JSONObject, to file: URL) throws {
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try AtomicFile.write(JSONValue.object(json).text(.pretty) + "\n", to: file)
  }
}
