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
  /// Each picture is cut into tiles, which ``ConversationTemplate/tilingPictures(in:grids:)`` writes out.
  package var tilesPictures = false

  package init() {}

  /// A turn's pictures and text. Pictures at the start are marked by `<image>`, with or without a line break behind, which
  /// the format's own takes the place of.
  func content(_ text: String) -> String {
    let mark = ConversationTemplate.imagePlaceholder
    let picture = pictureTags.joined(separator: mark)
    var rest = text[...]
    var pictures = ""
    while rest.utf8.starts(with: mark.utf8) {
      rest = rest.dropFirst(mark.count)
      if rest.utf8.first == UInt8(ascii: "\n") { rest = rest.dropFirst() }
      pictures += picture + afterPicture
    }
    var text = String(rest)
    if trimsText { text = text.trimmed() }
    text = text.pieces(around: mark).joined(separator: picture)
    return pictures + beforeText + (pictures.isEmpty ? beforeTextAlone : "") + text
  }
}
