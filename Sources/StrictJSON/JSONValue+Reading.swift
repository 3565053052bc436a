package import Foundation

extension JSONValue {
  /// Parses a text.
  /// - Parameter file: the name that errors give; nil if the text is not from a file.
  /// - Throws: `JSONError` with the offset, line and column of the fault.
  package init(
    parsing bytes: UnsafeRawBufferPointer, file: String? = nil, limits: JSONLimits = JSONLimits()
  ) throws(JSONError) {
    var parser = JSONParser(bytes.bindMemory(to: UInt8.self), file: file, limits: limits)
    self = try parser.parse(root: JSONPlace(.root(file: file, line: nil)))
  }

  /// Parses a text, such as one made in code or read from a pipe.
  package init(
    parsing text: some Sequence<UInt8>, file: String? = nil, limits: JSONLimits = JSONLimits()
  ) throws(JSONError) {
    let bytes = ContiguousArray(text)
    self = try bytes.withUnsafeBufferPointer { (bytes) throws(JSONError) in
      try JSONValue(parsing: UnsafeRawBufferPointer(bytes), file: file, limits: limits)
    }
  }

  /// Reads a file that holds one JSON value.
  /// - Throws: `JSONError` if the file cannot be read, exceeds the limits or is not strict JSON.
  package static func read(
    contentsOf url: URL, limits: JSONLimits = JSONLimits()
  ) throws(JSONError) -> JSONValue {
    let bytes = try InputFile(url).readAll(limit: limits.bytes)
    return try JSONValue(parsing: bytes, file: url.path, limits: limits)
  }
}

extension JSONObject {
  /// Reads a file that holds one JSON object.
  /// - Throws: `JSONError` if the file cannot be read, exceeds the limits or is not a strict JSON object.
  package static func read(
    contentsOf url: URL, limits: JSONLimits = JSONLimits()
  ) throws(JSONError) -> JSONObject {
    let value = try JSONValue.read(contentsOf: url, limits: limits)
    guard case .object(let object) = value else {
      throw JSONError(file: url.path, message: "the file must hold an object, not \(value.kind)")
    }
    return object
  }
}
