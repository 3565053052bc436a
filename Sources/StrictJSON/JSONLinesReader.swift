package import Foundation

/// Reads a JSON Lines file value by value, holding one line in memory at a time. Blank lines are skipped.
///
/// After an error about the content of a line, reading goes on with the next line.
package struct JSONLinesReader: ~Copyable {
  private let file: InputFile
  private let limits: JSONLimits
  /// Bytes that were read and not yet parsed begin at `next`.
  private var buffer: [UInt8] = []
  private var next = 0
  private var atEnd = false
  /// Bytes of the file before `buffer`.
  private var bytesBefore = 0

  /// The number of the line that was read last, counted from 1.
  package private(set) var line = 0

  private static let chunk = 1 << 20

  /// - Throws: `JSONError` if the file cannot be opened.
  package init(_ url: URL, limits: JSONLimits = JSONLimits(bytes: 64 << 20)) throws(JSONError) {
    file = try InputFile(url)
    self.limits = limits
  }

  /// The value of the next line; nil at the end of the file.
  /// - Throws: `JSONError` that names the line.
  package mutating func read() throws(JSONError) -> JSONValue? {
    while let range = try nextLine() {
      line += 1
      let (path, limits, linesBefore, before) = (file.path, limits, line - 1, bytesBefore + range.lowerBound)
      let place = JSONPlace(.root(file: path, line: line))
      let value = try buffer.withUnsafeBufferPointer { (bytes) throws(JSONError) -> JSONValue? in
        let line = UnsafeBufferPointer(rebasing: bytes[range])
        if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { return nil }
        var parser = JSONParser(
          line, file: path, limits: limits, linesBefore: linesBefore, bytesBefore: before)
        return try parser.parse(root: place)
      }
      if let value { return value }
    }
    return nil
  }

  /// The object of the next line; nil at the end of the file.
  /// - Throws: `JSONError` that names the line.
  package mutating func readObject() throws(JSONError) -> JSONObject? {
    guard let value = try read() else { return nil }
    guard case .object(let object) = value else {
      throw JSONError(file: file.path, line: line, message: "the line must hold an object, not \(value.kind)")
    }
    return object
  }

  /// Where the next line lies in the buffer, without its end.
  private mutating func nextLine() throws(JSONError) -> Range<Int>? {
    var searched = next
    while true {
      let end = buffer.withUnsafeBufferPointer { $0[searched...].firstIndex(of: 0x0A) }
      if let end {
        defer { next = end + 1 }
        return next..<end
      }
      if atEnd {
        guard next < buffer.count else { return nil }
        defer { next = buffer.count }
        return next..<buffer.count
      }
      guard buffer.count - next <= limits.bytes else {
        throw JSONError(
          file: file.path, line: line + 1,
          message: "the line is longer than the limit of \(limits.bytes) bytes; is this JSON Lines?")
      }
      buffer.removeFirst(next)
      bytesBefore += next
      next = 0
      searched = buffer.count
      atEnd = try file.read(Self.chunk, into: &buffer) == 0
    }
  }
}
