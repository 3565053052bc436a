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
  /// The input, as far as `limit` bytes.
  /// - Throws: `StreamError` if it is closed or cannot be read.
  static func data(limit: Int) throws -> Data {
    var data = Data()
    do {
      while data.count < limit,
        let part = try FileHandle.standardInput.read(upToCount: min(1 << 20, limit - data.count)),
        !part.isEmpty
      {
        data.append(part)
      }
    } catch {
      throw StreamError(
        "standard input: it is closed or cannot be read; send the input through a pipe or a file")
    }
    return data
  }

  /// The whole input as one JSON array.
  /// - Throws: `JSONError`, or `StreamError` if it is too long or something else than an array.
  static func array(limit: Int = 1 << 30) throws -> [JSONValue] {
    let data = try data(limit: limit + 1)
    guard data.count <= limit else {
      throw StreamError("standard input: longer than the limit of \(limit) bytes; send it in parts")
    }
    let value = try JSONValue(parsing: data, file: "standard input", limits: JSONLimits(bytes: limit))
    guard let array = value.array else {
      throw StreamError("standard input: a JSON array is needed")
    }
    return array
  }
}

/// The three streams together.
enum StandardStreams {
  /// Gives closed streams a place that refuses everything. Otherwise the next file that is opened would take their number, and
  /// answers would be written into a model.
  static func reserve() {
    for descriptor: Int32 in 0...2 where fcntl(descriptor, F_GETFD) < 0 {
      _ = open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY)
    }
  }
}

/// Why standard input or output could not be used.
struct StreamError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
