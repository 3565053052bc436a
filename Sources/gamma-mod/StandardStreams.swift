import Foundation
import StrictJSON

/// Where answers go.
enum StandardOutput {
  /// - Throws: If the reader has gone or the disk is full.
  static func write(_ text: String) throws {
    do {
      try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
    } catch {
      throw StreamError("standard output: the answer cannot be written; check the disk or the next command")
    }
  }

  static func write(line text: String) throws { try write(text + "\n") }
}

/// Where everything goes that is no answer.
enum StandardError {
  /// What cannot be written has no other place to go, so it is dropped.
  static func write(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }

  static func write(line text: String) { write(text + "\n") }
}

/// Where commands without a file argument read.
enum StandardInput {
  /// The whole input as one JSON array.
  /// - Throws: `JSONError`, or `StreamError` if it is too long or something else than an array.
  static func array(limit: Int = 1 << 30) throws -> [JSONValue] {
    var data = Data()
    while let part = try FileHandle.standardInput.read(upToCount: 1 << 20), !part.isEmpty {
      data.append(part)
      guard data.count <= limit else {
        throw StreamError("standard input: longer than the limit of \(limit) bytes; send it in parts")
      }
    }
    let value = try JSONValue(parsing: data, file: "standard input", limits: JSONLimits(bytes: limit))
    guard let array = value.array else {
      throw StreamError("standard input: a JSON array is needed")
    }
    return array
  }
}

/// Why standard input or output could not be used.
struct StreamError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
