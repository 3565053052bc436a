extension MMMUAnswer {
  /// The numbers in a text in three passes: with commas, in scientific notation, simple.
  ///
  /// Equal to the patterns `-?\b\d{1,3}(?:,\d{3})+\b`, `-?\d+(?:\.\d+)?[eE][+-]?\d+` and
  /// `-?(?:\d+\.\d+|\.\d+|\d+\b)(?![eE][+-]?\d+)(?![,\d])`.
  static func numbers(in text: ScalarText) -> [ScalarText] {
    let scanner = NumberScanner(scalars: text.scalars)
    return scanner.all(scanner.commaNumber) + scanner.all(scanner.scientific) + scanner.all(scanner.simple)
  }
}

/// Matches number patterns at a position; each matcher gives the end of its match.
private struct NumberScanner {
  let scalars: [Unicode.Scalar]

  /// All matches from left to right that do not overlap.
  func all(_ match: (Int) -> Int?) -> [ScalarText] {
    var found: [ScalarText] = []
    var position = 0
    while position < scalars.count {
      if let end = match(position), end > position {
        found.append(ScalarText(scalars[position..<end]))
        position = end
      } else {
        position += 1
      }
    }
    return found
  }

  func commaNumber(_ start: Int) -> Int? {
    let first = afterSign(start)
    guard isBoundary(first) else { return nil }
    let groupStart = [3, 2, 1].map { first + $0 }.first { end in
      digits(first..<end) && scalar(end) == "," && digits(end + 1..<end + 4)
    }
    guard var end = groupStart else { return nil }
    var lastBoundary: Int?
    while scalar(end) == ",", digits(end + 1..<end + 4) {
      end += 4
      if isBoundary(end) { lastBoundary = end }
    }
    return lastBoundary
  }

  func scientific(_ start: Int) -> Int? {
    let whole = afterSign(start)
    var position = afterDigits(whole)
    guard position > whole else { return nil }
    if scalar(position) == ".", isDigit(position + 1) {
      let end = afterDigits(position + 1)
      if let exponent = exponent(end) { return exponent }
    }
    if let end = exponent(position) { return end }
    // Fewer digits cannot help: an exponent never begins with a digit.
    position = whole
    return nil
  }

  func simple(_ start: Int) -> Int? {
    let first = afterSign(start)
    let wholeEnd = afterDigits(first)
    if wholeEnd > first, scalar(wholeEnd) == ".", isDigit(wholeEnd + 1),
      let end = longest(from: wholeEnd + 2, to: afterDigits(wholeEnd + 1), mustEndAtBoundary: false)
    {
      return end
    }
    if scalar(first) == ".", isDigit(first + 1),
      let end = longest(from: first + 2, to: afterDigits(first + 1), mustEndAtBoundary: false)
    {
      return end
    }
    guard wholeEnd > first else { return nil }
    return longest(from: first + 1, to: wholeEnd, mustEndAtBoundary: true)
  }

  /// The largest end in the range behind which neither an exponent nor a comma nor a digit stands.
  private func longest(from lowest: Int, to highest: Int, mustEndAtBoundary: Bool) -> Int? {
    stride(from: highest, through: lowest, by: -1).first { end in
      (!mustEndAtBoundary || isBoundary(end)) && exponent(end) == nil && scalar(end) != "," && !isDigit(end)
    }
  }

  /// The end of an exponent that begins at `position`.
  private func exponent(_ position: Int) -> Int? {
    guard scalar(position) == "e" || scalar(position) == "E" else { return nil }
    var start = position + 1
    if scalar(start) == "+" || scalar(start) == "-" { start += 1 }
    let end = afterDigits(start)
    return end > start ? end : nil
  }

  private func scalar(_ position: Int) -> Unicode.Scalar? {
    scalars.indices.contains(position) ? scalars[position] : nil
  }

  private func isDigit(_ position: Int) -> Bool { scalar(position).map(ScalarText.isDigit) ?? false }

  private func digits(_ range: Range<Int>) -> Bool { range.allSatisfy(isDigit) }

  private func afterSign(_ position: Int) -> Int { scalar(position) == "-" ? position + 1 : position }

  private func afterDigits(_ start: Int) -> Int {
    var position = start
    while isDigit(position) { position += 1 }
    return position
  }

  /// Whether a word begins or ends between the scalars before and at the position.
  private func isBoundary(_ position: Int) -> Bool { isWord(position - 1) != isWord(position) }

  private func isWord(_ position: Int) -> Bool {
    guard let scalar = scalar(position) else { return false }
    return scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
  }
}
