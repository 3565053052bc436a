extension JSONParser {
  /// Reads the number whose first byte, a digit or a minus, is the current byte.
  mutating func number() throws(JSONError) -> JSONValue {
    let start = position
    let negative = bytes[position] == UInt8(ascii: "-")
    if negative { position += 1 }
    // The digits as one integer, while they fit; `scale` is the power of ten it has to be multiplied with.
    var digits: UInt64 = 0
    var fits = true
    var scale = 0

    func isDigit(_ offset: Int) -> Bool {
      offset < bytes.count && (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[offset])
    }
    func take(_ byte: UInt8) {
      let (product, overflow) = digits.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
      fits = fits && !overflow && !carry
      digits = sum
    }

    guard isDigit(position) else { throw error("a digit is needed here, not \(describedByte)") }
    if bytes[position] == UInt8(ascii: "0"), isDigit(position + 1) {
      throw error("a number may not begin with 0; remove the zero")
    }
    while isDigit(position) {
      take(bytes[position])
      position += 1
    }
    var isInteger = true
    if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
      isInteger = false
      position += 1
      guard isDigit(position) else { throw error("a digit is needed after the point, not \(describedByte)") }
      while isDigit(position) {
        take(bytes[position])
        scale -= 1
        position += 1
      }
    }
    if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
      isInteger = false
      position += 1
      let sign = position < bytes.count ? bytes[position] : 0
      if sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { position += 1 }
      guard isDigit(position) else { throw error("a digit is needed in the exponent, not \(describedByte)") }
      var exponent = 0
      while isDigit(position) {
        exponent = min(exponent * 10 + Int(bytes[position] - UInt8(ascii: "0")), 1_000_000)
        position += 1
      }
      scale += sign == UInt8(ascii: "-") ? -exponent : exponent
    }
    if isInteger, fits {
      if !negative, digits <= UInt64(Int64.max) { return .integer(Int64(digits)) }
      if negative, digits <= UInt64(Int64.max) + 1 { return .integer(Int64(truncatingIfNeeded: 0 &- digits)) }
    }
    // Digits and power are both exact here, so their one product or quotient is rounded correctly.
    if fits, digits < 1 << 53, (-22...22).contains(scale) {
      let power = Self.powersOfTen[abs(scale)]
      let magnitude = scale < 0 ? Double(digits) / power : Double(digits) * power
      return .number(negative ? -magnitude : magnitude)
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard let value = Double(text), value.isFinite else {
      throw error("the number \(text.prefix(40)) is too large; the largest is about 1.8e308", at: start)
    }
    return .number(value)
  }

  private static let powersOfTen: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
  ]
}
