extension PromptText {
  /// Stands for a picture among ids, as in LLaVA's code.
  package static let pictureID = -200

  /// The ids of a prompt, with `pictureID` in the place of each picture.
  ///
  /// The words between pictures and given ids are tokenised as one text; only the first such text keeps the
  /// beginning-of-sequence id.
  /// - Parameter addsBOS: Whether what the model's family puts around a text is put around this one.
  package func ids(
    _ tokenizer: any TextTokenizer, pictureID: Int = PromptText.pictureID, addsBOS: Bool = true
  ) -> [Int] {
    var ids: [Int] = []
    var run: [TextPiece] = []
    var isFirst = addsBOS
    func endRun() {
      ids += tokenizer.encode(run, addBOS: isFirst)
      isFirst = false
      run.removeAll(keepingCapacity: true)
    }
    for part in parts {
      switch part {
      case .control(let string): run.append(TextPiece(string))
      case .text(let string): run.append(TextPiece(string, isLiteral: true))
      case .picture:
        endRun()
        ids.append(pictureID)
      case .tokens(let given):
        endRun()
        ids += given
      }
    }
    endRun()
    return ids
  }
}
