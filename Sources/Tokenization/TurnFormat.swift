/// How the chat templates of newer models write a turn: role, pictures, text, end.
package struct TurnFormat: Sendable, Equatable {
  /// Stands once in front of the whole conversation.
  package var opening = ""
  /// Invites the answer, where that is not the assistant's role as a finished turn has it.
  package var openAnswer: String?
  /// Around each picture.
  package var pictureTags = ["", ""]
  /// Behind each picture in front of the text.
  package var afterPicture = ""
  /// In front of every text.
  package var beforeText = ""
  /// In front of a text without a picture before it.
  package var beforeTextAlone = ""
  /// White space at both ends of a text goes.
  package var trimsText = false
  /// The system text stands in front of the conversation; if not, in front of the first question.
  package var opensWithSystem = true
  /// How ``ConversationTemplate/tilingPictures(in:grids:)`` writes a picture out; nil if it stands as it is.
  package var pictures: PictureWriting?

  package init() {}

  /// A turn's pictures and text. Pictures at the start may have a line break behind them, which the format's own takes
  /// the place of.
  func content(_ content: PromptText) -> PromptText {
    let picture = PromptText.control(pictureTags[0]) + .picture + .control(pictureTags[1])
    var front = PromptText()
    var text = content
    while text.parts.first == .picture {
      text = PromptText(Array(text.parts.dropFirst()))
      var mayDrop = true
      text = text.dropping { scalar in
        defer { mayDrop = false }
        return mayDrop && scalar == "\n"
      }
      front += picture + .control(afterPicture)
    }
    if trimsText { text = text.trimmed() }
    text = text.replacing { $0 == .picture ? picture : nil }
    return front + .control(beforeText + (front.isEmpty ? beforeTextAlone : "")) + text
  }
}
