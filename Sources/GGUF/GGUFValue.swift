/// The types of values of a GGUF file's keys; the numbers are those of the file.
enum GGUFValueType: UInt32 {
  case uint8 = 0
  case int8, uint16, int16, uint32, int32, float32, bool, string, array, uint64, int64, float64

  /// Bytes of a value; nil for strings and arrays, which say how long they are.
  var size: Int? {
    switch self {
    case .uint8, .int8, .bool: 1
    case .uint16, .int16: 2
    case .uint32, .int32, .float32: 4
    case .uint64, .int64, .float64: 8
    case .string, .array: nil
    }
  }
}

/// The value of a key.
package enum GGUFValue: Sendable, Equatable {
  case integer(Int)
  case number(Double)
  case bool(Bool)
  case string(String)
  case integers([Int])
  case numbers([Double])
  case bools([Bool])
  case strings([String])

  /// For messages.
  var kind: String {
    switch self {
    case .integer: "an integer"
    case .number: "a number"
    case .bool: "true or false"
    case .string: "a string"
    case .integers: "integers"
    case .numbers: "numbers"
    case .bools: "an array of true and false"
    case .strings: "strings"
    }
  }
}
