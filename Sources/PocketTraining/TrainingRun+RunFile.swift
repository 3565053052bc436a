package import StrictJSON
package import Training

extension TrainingRun {
  /// A run as its file describes it: on conversations where it names `data`, otherwise a stage of the pocket world.
  /// Paths in it are relative to the current folder.
  /// - Throws: `JSONError` or `TrainingError` naming the key and what it should be.
  package init(runFile json: JSONObject) throws {
    if json["data"] == nil {
      try self.init(json, stage: PocketStage.self)
    } else {
      try self.init(json, stage: ConversationStage.self)
    }
  }
}
