/// Python's methods about capital and small letters, and what kind of characters a text has.
extension TemplateText {
  /// How a character is written anew.
  enum Casing {
    case upper, lower, title
    case same
  }

  /// The text with every character written as `casing` says; it is told whether the one in front has a case.
  func mapping(_ budget: Budget, _ casing: (Unicode.Scalar, _ followsLetter: Bool) -> Casing) throws
    -> TemplateText
  {
    try budget.step(bytes.count / 4)
    var builder = TextBuilder(budget)
    var followsLetter = false
    for (offset, scalar) in scalars {
      let kind = casing(scalar, followsLetter)
      followsLetter = scalar.properties.isCased
      switch kind {
      case .same: try builder.append(self, offset..<offset + UTF8.width(scalar))
      case .upper: try builder.append(scalar.properties.uppercaseMapping, origin(at: offset))
      case .title: try builder.append(scalar.properties.titlecaseMapping, origin(at: offset))
      case .lower:
        let mapped = scalar == "Σ" && endsWord(offset) ? "ς" : scalar.properties.lowercaseMapping
        try builder.append(mapped, origin(at: offset))
      }
    }
    return builder.text()
  }

  func upper(_ budget: Budget) throws -> TemplateText { try mapping(budget) { _, _ in .upper } }
  func lower(_ budget: Budget) throws -> TemplateText { try mapping(budget) { _, _ in .lower } }

  /// `str.title`: capital where no letter stands in front.
  func title(_ budget: Budget) throws -> TemplateText { try mapping(budget) { $1 ? .lower : .title } }

  func capitalize(_ budget: Budget) throws -> TemplateText {
    var isFirst = true
    return try mapping(budget) { _, _ in
      defer { isFirst = false }
      return isFirst ? .title : .lower
    }
  }

  /// Jinja's filter `title`: capital at the beginning and behind blanks, hyphens and opening brackets.
  func jinjaTitle(_ budget: Budget) throws -> TemplateText {
    var begins = true
    return try mapping(budget) { scalar, _ in
      defer { begins = scalar.isPythonSpace || "-({[<".unicodeScalars.contains(scalar) }
      return begins ? .upper : .lower
    }
  }

  func swapCase(_ budget: Budget) throws -> TemplateText {
    try mapping(budget) { scalar, _ in
      scalar.properties.isUppercase ? .lower : scalar.properties.isLowercase ? .upper : .same
    }
  }

  /// Whether a capital sigma ends a word, as Unicode's rule has it.
  private func endsWord(_ offset: Int) -> Bool {
    var start = offset
    var follows = false
    while start > 0 {
      start = UTF8Scalars.start(bytes, before: start)
      let properties = UTF8Scalars.scalar(bytes, at: start).properties
      if properties.isCaseIgnorable { continue }
      follows = properties.isCased
      break
    }
    guard follows else { return false }
    var next = offset + 2
    while next < bytes.count {
      let scalar = UTF8Scalars.scalar(bytes, at: next)
      if !scalar.properties.isCaseIgnorable { return !scalar.properties.isCased }
      next += UTF8.width(scalar)
    }
    return true
  }

  /// Whether there are letters with a case, and all are of one.
  func isCased(upper: Bool) -> Bool {
    var found = false
    for (_, scalar) in scalars {
      let properties = scalar.properties
      if upper ? properties.isLowercase : properties.isUppercase { return false }
      if properties.generalCategory == .titlecaseLetter { return false }
      found = found || (upper ? properties.isUppercase : properties.isLowercase)
    }
    return found
  }

  /// Whether there are characters and all have a property.
  func isAll(_ property: (Unicode.Scalar) -> Bool) -> Bool {
    !isEmpty && scalars.allSatisfy { property($0.scalar) }
  }
}

extension Unicode.Scalar {
  var isPythonAlpha: Bool {
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: false
    }
  }

  var isPythonDigit: Bool { properties.numericType == .decimal || properties.numericType == .digit }

  /// Whether Python's `repr` writes it as it is.
  var isPythonPrintable: Bool {
    switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
    case .spaceSeparator: self == " "
    default: true
    }
  }
}

extension TemplateText {
  /// The text for HTML, unless it is markup already.
  func escaped(_ budget: Budget) throws -> TemplateText {
    if isMarkup { return self }
    var builder = TextBuilder(budget)
    var start = 0
    for (offset, byte) in bytes.enumerated() {
      let replacement: String
      switch byte {
      case UInt8(ascii: "&"): replacement = "&amp;"
      case UInt8(ascii: "<"): replacement = "&lt;"
      case UInt8(ascii: ">"): replacement = "&gt;"
      case UInt8(ascii: "'"): replacement = "&#39;"
      case UInt8(ascii: "\""): replacement = "&#34;"
      default: continue
      }
      try builder.append(self, start..<offset)
      try builder.append(replacement, origin(at: offset))
      start = offset + 1
    }
    try builder.append(self, start..<bytes.count)
    return builder.text().markup
  }
}
