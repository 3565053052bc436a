package import Foundation
package import StrictJSON

/// Values of a run file, held against what they may be.
extension JSONObject {
  /// One of a few words.
  /// - Parameter fallback: What a missing key means; nil if the key is needed.
  package func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ key: String, default fallback: Choice? = nil
  ) throws(JSONError) -> Choice {
    if let fallback, self[key] == nil { return fallback }
    return try Self.choice(string(key), key, of: self)
  }

  /// Some of a few words; all of them where the key is missing.
  package func choices<Choice: RawRepresentable<String> & CaseIterable>(_ key: String) throws(JSONError)
    -> [Choice]
  {
    guard let names = try optionalStrings(key) else { return Array(Choice.allCases) }
    var choices: [Choice] = []
    for name in names { choices.append(try Self.choice(name, key, of: self)) }
    return choices
  }

  private static func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ name: String, _ key: String, of json: JSONObject
  ) throws(JSONError) -> Choice {
    guard let choice = Choice(rawValue: name) else {
      let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw json.error(at: key, "\"\(name)\" is none of \(known)")
    }
    return choice
  }

  /// A whole number in a range.
  /// - Parameter fallback: What a missing key means; nil if the key is needed.
  package func count(
    _ key: String, default fallback: Int? = nil, from least: Int = 1, through most: Int = 1 << 40
  ) throws(JSONError) -> Int {
    if let fallback, self[key] == nil { return fallback }
    let value = try int(key)
    guard (least...most).contains(value) else {
      throw error(at: key, "a whole number from \(least) to \(most) is needed, not \(value)")
    }
    return value
  }

  /// A number in a range.
  /// - Parameter fallback: What a missing key means; nil if the key is needed.
  package func number(
    _ key: String, default fallback: Double? = nil, in range: ClosedRange<Double>
  ) throws(JSONError) -> Double {
    if let fallback, self[key] == nil { return fallback }
    let value = try double(key)
    guard range.contains(value) else {
      throw error(at: key, "a number in \(range) is needed, not \(value)")
    }
    return value
  }

  /// A path that starts from a folder.
  package func path(_ key: String, from folder: URL) throws(JSONError) -> URL {
    Self.place(try string(key), from: folder)
  }

  /// A path that starts from a folder; nil where the key is missing.
  package func optionalPath(_ key: String, from folder: URL) throws(JSONError) -> URL? {
    try optionalString(key).map { Self.place($0, from: folder) }
  }

  private static func place(_ path: String, from folder: URL) -> URL {
    path.hasPrefix("/") ? URL(fileURLWithPath: path) : folder.appending(path: path).standardizedFileURL
  }
}
