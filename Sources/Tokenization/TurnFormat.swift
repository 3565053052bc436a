/// How the chat templates of newer models write a turn: role, pictures, text, end.
public struct TurnFormat: Sendable, Equatable {
  /// Stands once in front of the whole conversation.
  public var opening = ""
  /// Invites the answer, where that is not the assistant's role as a finished turn has it.
  public var openAnswer: String?
  /// Around each picture.
  public var pictureTags = ["", ""]
  /// Behind each picture in front of the text.
  public var afterPicture = ""
  /// In front of every text.
  public var beforeText = ""
  /// In front of a text without a picture before it.
  public var beforeTextAlone = ""
  /// White space at both ends of a text goes.
  public var trimsText = false
  /// Each picture is cut into tiles, which ``ConversationTemplate/tilingPictures(in:grids:)`` writes out.
  public var tilesPictures = false

  public init() {}

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
