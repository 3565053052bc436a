internal import Checkpoints
internal import Wording

/// The keys of a GGUF file.
package struct GGUFMetadata: Sendable {
  private let values: [String: GGUFValue]
  /// The file, for messages.
  package let path: String

  init(_ values: [String: GGUFValue], path: String) {
    self.values = values
    self.path = path
  }

  package subscript(key: String) -> GGUFValue? { values[key] }

  func fault(_ key: String, _ message: String) -> CheckpointError {
    CheckpointError(path, "\(key): \(message)")
  }

  private func read<Value>(_ key: String, _ expected: String, _ pick: (GGUFValue) -> Value?) throws -> Value?
  {
    guard let value = values[key] else { return nil }
    guard let picked = pick(value) else {
      throw fault(key, "it must be \(expected), not \(value.kind); convert the model again")
    }
    return picked
  }

  private func required<Value>(_ key: String, _ value: Value?) throws -> Value {
    guard let value else { throw fault(key, "the key is missing; convert the model again") }
    return value
  }

  package func optionalString(_ key: String) throws -> String? {
    try read(key, "a string") { if case .string(let value) = $0 { value } else { nil } }
  }

  package func optionalInt(_ key: String) throws -> Int? {
    try read(key, "an integer") { if case .integer(let value) = $0 { value } else { nil } }
  }

  package func optionalBool(_ key: String) throws -> Bool? {
    try read(key, "true or false") { if case .bool(let value) = $0 { value } else { nil } }
  }

  /// Integers count as numbers.
  package func optionalDouble(_ key: String) throws -> Double? {
    try read(key, "a number") {
      switch $0 {
      case .number(let value): value
      case .integer(let value): Double(value)
      default: nil
      }
    }
  }

  package func optionalInts(_ key: String) throws -> [Int]? {
    try read(key, "integers") { if case .integers(let values) = $0 { values } else { nil } }
  }

  package func optionalDoubles(_ key: String) throws -> [Double]? {
    try read(key, "numbers") {
      switch $0 {
      case .numbers(let values): values
      case .integers(let values): values.map(Double.init)
      default: nil
      }
    }
  }

  package func optionalStrings(_ key: String) throws -> [String]? {
    try read(key, "strings") { if case .strings(let values) = $0 { values } else { nil } }
  }

  package func string(_ key: String) throws -> String { try required(key, optionalString(key)) }
  package func int(_ key: String) throws -> Int { try required(key, optionalInt(key)) }
  package func double(_ key: String) throws -> Double { try required(key, optionalDouble(key)) }
  package func strings(_ key: String) throws -> [String] { try required(key, optionalStrings(key)) }

  /// A number that the format may give for each layer, where all layers have the same.
  func optionalUniformInt(_ key: String) throws -> Int? {
    guard case .integers(let values)? = values[key] else { return try optionalInt(key) }
    let kinds = Set(values)
    guard let value = kinds.first, kinds.count == 1 else {
      throw fault(
        key,
        "layers of different sizes (\(counted(kinds.count, "size"))) are not supported; take another model")
    }
    return value
  }

  func uniformInt(_ key: String) throws -> Int { try required(key, optionalUniformInt(key)) }
}
