package import Foundation
package import StrictJSON
package import Training

extension TrainingRun {
  /// Reads a run file. Paths in it start from the folder in which it lies.
  /// - Throws: `JSONError` or `TrainingError` naming the key and what it should be.
  package init(runFile url: URL) throws {
    try self.init(
      runFile: JSONObject.read(contentsOf: url), from: url.absoluteURL.deletingLastPathComponent())
  }

  /// A run as its file describes it: on conversations where it names `data`, otherwise a stage of the pocket world.
  /// - Parameter folder: Where paths in it start; the current folder if nil.
  /// - Throws: `JSONError` or `TrainingError` naming the key and what it should be.
  package init(runFile json: JSONObject, from folder: URL? = nil) throws {
    let folder = folder ?? URL(fileURLWithPath: FileManager.default.currentDirectoryPath, isDirectory: true)
    if json["data"] == nil {
      try self.init(json, from: folder, stage: PocketStage.self)
    } else {
      try self.init(json, from: folder, stage: ConversationStage.self)
    }
  }
}
