import Foundation

/// Headers that must be refused, the bytes of data behind them, and what the error must say.
extension SafetensorsHeaderTests {
  static let malformed: [(header: String, data: Int, phrase: String)] = [
    (
      #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#,
      2, "twice"
    ),
    (#"{"a":{"dtype":"U8","shape":[1],"shape":[1],"data_offsets":[0,1]}}"#, 1, "twice"),
    (
      #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}"#,
      3, "overlap"
    ),
    (
      #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#,
      1, "overlap"
    ),
    (
      #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}"#,
      3, "between a and b"
    ),
    (SafetensorsHeaderTests.tensor("[1]", "[4,8]"), 8, "between the header and a"),
    (SafetensorsHeaderTests.tensor("[1]", "[0,4]"), 8, "after a 4 bytes"),
    ("{}", 1, "1 byte belongs to no tensor"),
    (SafetensorsHeaderTests.tensor("[2]", "[0,8]"), 7, "cut off"),
    (SafetensorsHeaderTests.tensor("[2]", "[0,4]"), 4, "needs 8 bytes"),
    (SafetensorsHeaderTests.tensor("[1]", "[4,0]"), 4, "begin and an end"),
    (SafetensorsHeaderTests.tensor("[1]", "[-4,0]"), 4, "begin and an end"),
    (SafetensorsHeaderTests.tensor("[1]", "[0,4,8]"), 4, "begin and an end"),
    (SafetensorsHeaderTests.tensor("[1]", "[0]"), 4, "begin and an end"),
    (SafetensorsHeaderTests.tensor("[1]", "[0,4.0]"), 4, "must be an integer"),
    (SafetensorsHeaderTests.tensor("[1]", "[0,18446744073709551615]"), 4, "must be an integer"),
    (SafetensorsHeaderTests.tensor("[1]", "[0,9223372036854775807]"), 4, "cut off"),
    (SafetensorsHeaderTests.tensor("[4611686018427387904,4]", "[0,0]"), 0, "too large"),
    (SafetensorsHeaderTests.tensor("[2305843009213693952]", "[0,0]"), 0, "too large"),
    (SafetensorsHeaderTests.tensor("[0,4611686018427387904,4]", "[0,0]"), 0, "too large"),
    (SafetensorsHeaderTests.tensor("[-1]", "[0,4]"), 4, "negative"),
    (SafetensorsHeaderTests.tensor("[1.0]", "[0,4]"), 4, "must be an integer"),
    (SafetensorsHeaderTests.tensor("1", "[0,4]"), 4, "must be an array"),
    (SafetensorsHeaderTests.tensor("[1,1,1,1,1,1,1,1,1]", "[0,4]"), 4, "9 axes"),
    (SafetensorsHeaderTests.tensor("[1]", "[0,4]", dtype: "F8_E4M3"), 4, "F8_E4M3 is not supported"),
    (SafetensorsHeaderTests.tensor("[1]", "[0,4]", dtype: "f32"), 4, "f32 is not supported"),
    (#"{"a":{"shape":[1],"data_offsets":[0,4]}}"#, 4, "dtype: the key is missing"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}}"#, 4, "key x"),
    (#"{"a":1}"#, 0, "by an object"),
    (#"{"a":{"dtype":{"b":[1]}}}"#, 0, "nested"),
    (#"{"a":[[[1]]]}"#, 0, "nested"),
    (#"{"__metadata__":{"a":1}}"#, 0, "must be a string"),
    (#"{"__metadata__":"a"}"#, 0, "object of strings"),
    (#"{"__metadata__":{"a":"1","a":"2"}}"#, 0, "twice"),
    (" {}", 0, "does not begin with {"),
    ("[]", 0, "does not begin with {"),
    ("", 0, "does not begin with {"),
    ("{},", 0, "more text"),
    ("{\"a\":}", 0, "byte 13"),
    (
      "{\"\u{E9}\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},"
        + "\"e\u{301}\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}", 0, "look alike"
    ),
    (
      SafetensorsHeaderTests.tensor("[1]", "[0,4]").replacingOccurrences(
        of: "\"a\"", with: "\"\(String(repeating: "n", count: 1025))\""),
      4, "1024 bytes"
    ),
  ]

  static let moreMalformed: [(header: String, data: Int, phrase: String)] = [
    (#"{"a":null}"#, 0, "by an object"),
    (#"{"a":[]}"#, 0, "by an object"),
    (#"{"a":"F32"}"#, 0, "by an object"),
    (#"{"a":{}}"#, 0, "dtype: the key is missing"),
    (#"{"a":{"dtype":"F32","data_offsets":[0,4]}}"#, 4, "shape: the key is missing"),
    (#"{"a":{"dtype":"F32","shape":[1]}}"#, 4, "data_offsets: the key is missing"),
    (#"{"a":{"DTYPE":"F32","shape":[1],"data_offsets":[0,4]}}"#, 4, "key DTYPE"),
    (#"{"a":{"dtype":1,"shape":[1],"data_offsets":[0,4]}}"#, 4, "must be a string"),
    (#"{"a":{"dtype":null,"shape":[1],"data_offsets":[0,4]}}"#, 4, "must be a string"),
    (SafetensorsHeaderTests.tensor("[1]", "[0,4]", dtype: ""), 4, "is not supported"),
    (SafetensorsHeaderTests.tensor("[1]", "[0,4]", dtype: "C64"), 4, "C64 is not supported"),
    (SafetensorsHeaderTests.tensor("null", "[0,4]"), 4, "must be an array"),
    (SafetensorsHeaderTests.tensor("{}", "[0,4]"), 4, "must be an array"),
    (SafetensorsHeaderTests.tensor(#"["1"]"#, "[0,4]"), 4, "must be an integer"),
    (SafetensorsHeaderTests.tensor("[null]", "[0,4]"), 4, "must be an integer"),
    (SafetensorsHeaderTests.tensor("[true]", "[0,4]"), 4, "must be an integer"),
    (SafetensorsHeaderTests.tensor("[1e0]", "[0,4]"), 4, "must be an integer"),
    (SafetensorsHeaderTests.tensor("[99999999999999999999]", "[0,4]"), 4, "must be an integer"),
    (SafetensorsHeaderTests.tensor("[[1]]", "[0,4]"), 4, "nested"),
    (SafetensorsHeaderTests.tensor("[01]", "[0,4]"), 4, "byte"),
    (SafetensorsHeaderTests.tensor("[+1]", "[0,4]"), 4, "byte"),
    (SafetensorsHeaderTests.tensor("[NaN]", "[0,4]"), 4, "byte"),
    (SafetensorsHeaderTests.tensor("[1,]", "[0,4]"), 4, "byte"),
    (SafetensorsHeaderTests.tensor("[1]", #""0,4""#), 4, "must be an array"),
    (SafetensorsHeaderTests.tensor("[1]", "{}"), 4, "must be an array"),
    (SafetensorsHeaderTests.tensor("[1]", "[]"), 4, "begin and an end"),
    (SafetensorsHeaderTests.tensor("[1]", "[0,-1]"), 4, "begin and an end"),
    (
      SafetensorsHeaderTests.tensor("[0]", "[9223372036854775807,9223372036854775807]"), 4, "cut off"
    ),
    (SafetensorsHeaderTests.tensor("[0]", "[9,9]"), 8, "cut off"),
    (SafetensorsHeaderTests.tensor("[1]", "[0,4]", dtype: "BOOL"), 4, "needs 1 byte,"),
    (SafetensorsHeaderTests.tensor("[3]", "[0,4]", dtype: "F16"), 4, "needs 6 bytes"),
    (SafetensorsHeaderTests.tensor("[]", "[0,8]"), 8, "needs 4 bytes"),
    (
      #"{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[0],"data_offsets":[4,4]}}"#,
      8, "overlap"
    ),
    (
      #"{"b":{"dtype":"U8","shape":[3],"data_offsets":[1,4]},"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}"#,
      4, "overlap"
    ),
    (#"{"__metadata__":null}"#, 0, "object of strings"),
    (#"{"__metadata__":[]}"#, 0, "object of strings"),
    (#"{"__metadata__":{"a":{"b":"c"}}}"#, 0, "must be a string"),
    (#"{"__metadata__":{"a":null}}"#, 0, "must be a string"),
    (#"{"__metadata__":{},"__metadata__":{}}"#, 0, "twice"),
    ("{", 0, "byte"),
    (#"{"a""#, 0, "byte"),
    (#"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},}"#, 0, "byte"),
    ("{/**/}", 0, "byte"),
    ("{'a':1}", 0, "byte"),
    ("{\"a\nb\":1}", 0, "byte"),
    (#"{"\ud800":1}"#, 0, "byte"),
    (#"{"\x":1}"#, 0, "byte"),
    ("{}\0", 0, "byte"),
    ("{}{}", 0, "byte"),
  ]
}
