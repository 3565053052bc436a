import ArgumentParser
import Foundation

/// What stands behind the program's name on the command line.
enum CommandArguments {
  /// - Throws: `ValidationError` for an argument that is no UTF-8 text, which cannot be told apart from others any more
  ///   once it is a string.
  static func checkEncoding() throws {
    for index in 1..<max(1, Int(CommandLine.argc)) {
      guard let argument = CommandLine.unsafeArgv[index] else { continue }
      let bytes = UnsafeBufferPointer(start: argument, count: strlen(argument)).map { UInt8(bitPattern: $0) }
      guard String(validating: bytes, as: UTF8.self) == nil else { continue }
      throw ValidationError(
        "\(spelled(bytes)) is no UTF-8 text; rename the file, or write the text in UTF-8")
    }
  }

  /// Text with the bytes that belong to no letter as `\xE9`, in quotes.
  static func spelled(_ bytes: [UInt8]) -> String {
    var (text, rest) = ("", bytes[...])
    while let first = rest.first {
      // The longest beginning of at most four bytes that is one letter.
      if let length = (1...4).first(where: { String(validating: rest.prefix($0), as: UTF8.self) != nil }) {
        text += String(decoding: rest.prefix(length), as: UTF8.self)
        rest = rest.dropFirst(length)
      } else {
        let digits = String(first, radix: 16, uppercase: true)
        text += "\\x" + (digits.count < 2 ? "0" : "") + digits
        rest = rest.dropFirst()
      }
    }
    return "\"\(text)\""
  }

  /// What the argument parser's message leaves out: how a value begins with a minus sign, and what flags of other programs
  /// are called here.
  /// - Parameter arguments: Without the program's name.
  static func explained(_ message: String, _ arguments: [String]) -> String {
    if let option = quoted(message, behind: "Missing value for '") {
      let name = option.prefix { $0 != " " }
      guard let place = arguments.firstIndex(where: { $0 == name }), place + 1 < arguments.count else {
        return message
      }
      let value = arguments[place + 1]
      return
        "\(name) needs a value, and what follows begins with a minus sign; if that is the value, write \(name)=\(shell(value))"
    }
    if let option = quoted(message, behind: "Unknown option '"),
      let meaning = ForeignFlags.meaning(of: String(option.prefix { $0 != " " && $0 != "=" }))
    {
      return "\(option): \(meaning)"
    }
    return message
  }

  private static func quoted(_ message: String, behind start: String) -> Substring? {
    guard let range = message.range(of: start) else { return nil }
    return message[range.upperBound...].prefix { $0 != "'" }
  }

  /// A word as a shell takes it.
  private static func shell(_ word: String) -> String {
    let isPlain = word.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_./=+:,".contains($0)) }
    return isPlain ? word : "'" + word.replacingOccurrences(of: "'", with: "'\\''") + "'"
  }
}
