/// Typed access that says in its errors which file and which key is at fault, for values that must be there.
///
/// A number with a fraction or exponent is never taken for an integer; an integer is taken for a number.
extension JSONObject {
  /// - Throws: `JSONError` if the key is missing.
  package func value(_ key: String) throws(JSONError) -> JSONValue {
    guard let value = self[key] else { throw error(at: key, "the key is missing; add it") }
    return value
  }

  package func string(_ key: String) throws(JSONError) -> String {
    try required(key, "a string") { $0.string }
  }

  package func int(_ key: String) throws(JSONError) -> Int {
    try required(key, "an integer") { $0.int }
  }

  package func double(_ key: String) throws(JSONError) -> Double {
    try required(key, "a number") { $0.double }
  }

  package func bool(_ key: String) throws(JSONError) -> Bool {
    try required(key, "true or false") { $0.bool }
  }

  package func object(_ key: String) throws(JSONError) -> JSONObject {
    try required(key, "an object") { $0.object }
  }

  package func array(_ key: String) throws(JSONError) -> [JSONValue] {
    try required(key, "an array") { $0.array }
  }

  package func strings(_ key: String) throws(JSONError) -> [String] {
    try elements(of: try array(key), key, "a string") { $0.string }
  }

  package func ints(_ key: String) throws(JSONError) -> [Int] {
    try elements(of: try array(key), key, "an integer") { $0.int }
  }

  package func doubles(_ key: String) throws(JSONError) -> [Double] {
    try elements(of: try array(key), key, "a number") { $0.double }
  }

  package func objects(_ key: String) throws(JSONError) -> [JSONObject] {
    try elements(of: try array(key), key, "an object") { $0.object }
  }
}

/// The same for values that may be absent or null, which gives nil; a value of another kind is still an error.
extension JSONObject {
  package func optionalString(_ key: String) throws(JSONError) -> String? {
    try optional(key, "a string or null") { $0.string }
  }

  package func optionalInt(_ key: String) throws(JSONError) -> Int? {
    try optional(key, "an integer or null") { $0.int }
  }

  package func optionalDouble(_ key: String) throws(JSONError) -> Double? {
    try optional(key, "a number or null") { $0.double }
  }

  package func optionalBool(_ key: String) throws(JSONError) -> Bool? {
    try optional(key, "true, false or null") { $0.bool }
  }

  package func optionalObject(_ key: String) throws(JSONError) -> JSONObject? {
    try optional(key, "an object or null") { $0.object }
  }

  package func optionalArray(_ key: String) throws(JSONError) -> [JSONValue]? {
    try optional(key, "an array or null") { $0.array }
  }

  package func optionalStrings(_ key: String) throws(JSONError) -> [String]? {
    guard let array = try optionalArray(key) else { return nil }
    return try elements(of: array, key, "a string") { $0.string }
  }

  package func optionalInts(_ key: String) throws(JSONError) -> [Int]? {
    guard let array = try optionalArray(key) else { return nil }
    return try elements(of: array, key, "an integer") { $0.int }
  }

  package func optionalDoubles(_ key: String) throws(JSONError) -> [Double]? {
    guard let array = try optionalArray(key) else { return nil }
    return try elements(of: array, key, "a number") { $0.double }
  }

  package func optionalObjects(_ key: String) throws(JSONError) -> [JSONObject]? {
    guard let array = try optionalArray(key) else { return nil }
    return try elements(of: array, key, "an object") { $0.object }
  }
}

extension JSONObject {
  /// An error about the value of a key (nil: about this object itself), for checks that go beyond a value's kind.
  /// - Parameter message: what is wrong and what to do, without a full stop, such as `must be positive, not -3`.
  package func error(at key: String?, _ message: String) -> JSONError {
    let place = place?.described ?? (file: nil, line: nil, path: "")
    let path = key.map { JSONPlace.path(place.path, $0) } ?? place.path
    let message = path.isEmpty ? message : "\(path): \(message)"
    return JSONError(file: place.file, line: place.line, keyPath: path, message: message)
  }

  private func required<Value>(
    _ key: String, _ expected: String, _ read: (JSONValue) -> Value?
  ) throws(JSONError) -> Value {
    let value = try value(key)
    guard let result = read(value) else { throw error(at: key, "must be \(expected), not \(value.kind)") }
    return result
  }

  private func optional<Value>(
    _ key: String, _ expected: String, _ read: (JSONValue) -> Value?
  ) throws(JSONError) -> Value? {
    guard let value = self[key], !value.isNull else { return nil }
    guard let result = read(value) else { throw error(at: key, "must be \(expected), not \(value.kind)") }
    return result
  }

  private func elements<Value>(
    of array: [JSONValue], _ key: String, _ expected: String, _ read: (JSONValue) -> Value?
  ) throws(JSONError) -> [Value] {
    var result: [Value] = []
    result.reserveCapacity(array.count)
    for (index, value) in array.enumerated() {
      guard let element = read(value) else {
        throw error(at: "\(key)[\(index)]", "must be \(expected), not \(value.kind)")
      }
      result.append(element)
    }
    return result
  }
}

extension JSONObject {
  /// The file, and the line or the way through it, where the object stands; nil for one that was made here.
  package var whereabouts: String? {
    guard let place = place?.described, let file = place.file else { return nil }
    return file + (place.line.map { ":\($0)" } ?? "") + (place.path.isEmpty ? "" : ": \(place.path)")
  }
}
