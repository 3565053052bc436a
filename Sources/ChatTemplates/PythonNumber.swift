internal import Foundation

/// Numbers as Python writes and reads them.
enum PythonNumber {
  /// `repr` of a float: the fewest digits that read back the same.
  static func shortest(_ value: Double) -> String {
    if value.isNaN { return "nan" }
    if value.isInfinite { return value < 0 ? "-inf" : "inf" }
    if value == 0 { return value.sign == .minus ? "-0.0" : "0.0" }
    let (digits, exponent) = decimal(value)
    let sign = value < 0 ? "-" : ""
    if exponent < -4 || exponent >= 16 {
      let fraction = digits.count > 1 ? "." + digits.dropFirst() : ""
      let size = abs(exponent) < 10 ? "0\(abs(exponent))" : "\(abs(exponent))"
      return "\(sign)\(digits.prefix(1))\(fraction)e\(exponent < 0 ? "-" : "+")\(size)"
    }
    if exponent < 0 { return sign + "0." + String(repeating: "0", count: -exponent - 1) + digits }
    if digits.count <= exponent + 1 {
      return sign + digits + String(repeating: "0", count: exponent + 1 - digits.count) + ".0"
    }
    return sign + digits.prefix(exponent + 1) + "." + digits.dropFirst(exponent + 1)
  }

  /// The shortest digits without zeros around them, and the power of ten of the first.
  private static func decimal(_ value: Double) -> (String, Int) {
    let parts = abs(value).description.split(separator: "e")
    var exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    let halves = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    var digits = halves[0] + (halves.count > 1 ? halves[1] : "")
    exponent += halves[0].count - 1
    while digits.first == "0", digits.count > 1 {
      digits.removeFirst()
      exponent -= 1
    }
    while digits.last == "0", digits.count > 1 { digits.removeLast() }
    return (String(digits), exponent)
  }

  /// `printf`'s forms f, e and g.
  static func formatted(_ value: Double, _ precision: Int, _ form: Character) -> String {
    if value.isNaN { return form.isUppercase ? "NAN" : "nan" }
    if value.isInfinite { return (value < 0 ? "-" : "") + (form.isUppercase ? "INF" : "inf") }
    return String(format: "%.\(precision)\(form)", value)
  }

  /// What Python's `int` reads in a base; nil if it is no number, and in checked arithmetic.
  static func int(_ text: TemplateText, base: Int) throws -> Int? {
    guard base == 0 || (2...36).contains(base) else {
      throw TemplateFault("int() base must be >= 2 and <= 36, or 0")
    }
    var digits = trimmed(text)
    let isNegative = digits.hasPrefix("-")
    if isNegative || digits.hasPrefix("+") { digits.removeFirst() }
    var radix = base
    let prefixes = [("0x", 16), ("0o", 8), ("0b", 2)]
    if let (prefix, of) = prefixes.first(where: { digits.lowercased().hasPrefix($0.0) }),
      base == 0 || base == of
    {
      radix = of
      digits.removeFirst(prefix.count)
      if digits.hasPrefix("_") { digits.removeFirst() }
    }
    if radix == 0 { radix = 10 }
    guard isGrouped(digits) else { return nil }
    let bare = digits.filter { $0 != "_" }
    guard bare.allSatisfy({ $0.isASCII && $0.hexadecimalOrLetter(below: radix) }) else { return nil }
    guard let value = Int((isNegative ? "-" : "") + bare, radix: radix) else {
      throw TemplateFault(.limit, "the number \(bare.prefix(40)) is too large")
    }
    return value
  }

  /// What Python's `float` reads; nil if it is no number.
  static func float(_ text: TemplateText) -> Double? {
    let string = trimmed(text)
    let bare = string.lowercased()
    let unsigned = bare.hasPrefix("-") || bare.hasPrefix("+") ? String(bare.dropFirst()) : bare
    if ["inf", "infinity"].contains(unsigned) { return bare.hasPrefix("-") ? -.infinity : .infinity }
    if unsigned == "nan" { return .nan }
    let allowed = Set("0123456789.e+-_")
    guard !unsigned.isEmpty, unsigned.allSatisfy(allowed.contains), unsigned.contains(where: \.isNumber),
      !unsigned.hasPrefix("_"), !unsigned.hasSuffix("_")
    else { return nil }
    var plain = bare.filter { $0 != "_" }
    if plain.hasPrefix("+") { plain.removeFirst() }
    if let exact = Double(plain) { return exact }
    // Python also reads `.5` and `5.`.
    if plain.hasPrefix(".") { return Double("0" + plain) }
    if plain.hasPrefix("-.") { return Double("-0" + plain.dropFirst()) }
    return Double(plain.hasSuffix(".") ? plain + "0" : plain.replacingOccurrences(of: ".e", with: ".0e"))
  }

  private static func trimmed(_ text: TemplateText) -> String {
    String(decoding: text.bytes[text.stripped(nil)], as: UTF8.self)
  }

  /// Whether single underscores stand only between digits.
  private static func isGrouped(_ digits: String) -> Bool {
    !digits.isEmpty && !digits.hasPrefix("_") && !digits.hasSuffix("_") && !digits.contains("__")
  }
}

extension Character {
  fileprivate func hexadecimalOrLetter(below radix: Int) -> Bool {
    guard let value = Int(String(self), radix: 36) else { return false }
    return value < radix
  }
}

extension PythonNumber {
  static func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }

  /// `round(value, digits)`, half to even.
  static func rounded(_ value: Double, _ digits: Int) -> Double {
    guard value.isFinite, digits < 300 else { return value }
    if digits > 0 { return Double(String(format: "%.\(digits)f", value)) ?? value }
    guard digits > -300 else { return 0 }
    let scale = pow(10, Double(-digits))
    return (value / scale).rounded(.toNearestOrEven) * scale
  }
}
