extension String {
  /// The parts before, between and after the places where `mark` stands, compared byte by byte.
  package func pieces(around mark: String) -> [String] {
    let splitter = AddedTokenSplitter([AddedToken(id: 0, content: mark)])
    var text = self
    return text.withUTF8 { bytes in
      var pieces = [""]
      for segment in splitter.segments(of: bytes) {
        switch segment {
        case .token: pieces.append("")
        case .text(let range): pieces[pieces.count - 1] = String(decoding: bytes[range], as: UTF8.self)
        }
      }
      return pieces
    }
  }

  /// The text without white space at both ends.
  package func trimmed() -> String {
    String(unicodeScalars.drop { $0.properties.isWhitespace }).trimmedAtEnd()
  }

  func trimmedAtEnd() -> String {
    let last = unicodeScalars.lastIndex { !$0.properties.isWhitespace }
    return String(unicodeScalars[..<(last.map(unicodeScalars.index(after:)) ?? startIndex)])
  }
}
