/// The date and time that `strftime_now` writes.
package struct TemplateDate: Sendable, Equatable {
  package var year: Int
  /// From 1.
  package var month: Int
  package var day: Int
  package var hour: Int
  package var minute: Int
  package var second: Int

  package init(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
    self.year = year
    self.month = month
    self.day = day
    self.hour = hour
    self.minute = minute
    self.second = second
  }

  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
  ]
  private static let weekdays = [
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
  ]
  private static let daysBefore = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]

  private var monthIndex: Int { min(max(month, 1), 12) - 1 }

  /// From 1.
  private var dayOfYear: Int {
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    return Self.daysBefore[monthIndex] + day + (isLeap && month > 2 ? 1 : 0)
  }

  /// From 0 for Sunday.
  private var weekday: Int {
    let before = min(max(year, 1), 9999) - 1
    let days = before * 365 + before / 4 - before / 100 + before / 400 + dayOfYear
    return ((days % 7) + 7) % 7
  }

  /// The date in a format of C's `strftime` in the C locale.
  func written(_ format: String) throws -> String {
    var text = ""
    var rest = format[...]
    while let character = rest.popFirst() {
      guard character == "%", let code = rest.popFirst() else {
        text.append(character)
        continue
      }
      // glibc: no zeros in front.
      let isBare = code == "-"
      guard let code = isBare ? rest.popFirst() : code else {
        throw TemplateFault("the format of a date ends in '%-'")
      }
      text += try written(code, isBare: isBare)
    }
    return text
  }

  private func written(_ code: Character, isBare: Bool) throws -> String {
    func number(_ value: Int, _ width: Int, _ fill: Character = "0") -> String {
      let digits = String(value)
      return (isBare ? "" : String(repeating: fill, count: max(0, width - digits.count))) + digits
    }
    let hour12 = hour % 12 == 0 ? 12 : hour % 12
    switch code {
    case "Y": return String(year)
    case "y": return number(year % 100, 2)
    case "C": return number(year / 100, 2)
    case "m": return number(month, 2)
    case "d": return number(day, 2)
    case "e": return number(day, 2, " ")
    case "H": return number(hour, 2)
    case "I": return number(hour12, 2)
    case "k": return number(hour, 2, " ")
    case "l": return number(hour12, 2, " ")
    case "M": return number(minute, 2)
    case "S": return number(second, 2)
    case "f": return "000000"
    case "j": return number(dayOfYear, 3)
    case "p": return hour < 12 ? "AM" : "PM"
    case "B": return Self.months[monthIndex]
    case "b", "h": return String(Self.months[monthIndex].prefix(3))
    case "A": return Self.weekdays[weekday]
    case "a": return String(Self.weekdays[weekday].prefix(3))
    case "w": return String(weekday)
    case "u": return String(weekday == 0 ? 7 : weekday)
    case "F": return try written("%Y-%m-%d")
    case "T", "X": return try written("%H:%M:%S")
    case "R": return try written("%H:%M")
    case "D", "x": return try written("%m/%d/%y")
    case "c": return try written("%a %b %e %H:%M:%S %Y")
    case "r": return try written("%I:%M:%S %p")
    case "z", "Z": return ""
    case "n": return "\n"
    case "t": return "\t"
    case "%": return "%"
    case _ where code.isLetter: throw TemplateFault.unsupported("the code %\(code) of dates")
    default: return isBare ? "%-\(code)" : "%\(code)"
    }
  }
}
