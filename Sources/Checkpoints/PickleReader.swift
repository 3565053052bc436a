import Wording

/// Reads one pickle of tensors as the bytes of a small stack machine.
///
/// A pickle is a program, and loading one by Python's rules can run anything. This machine knows the instructions that
/// `torch.save` writes (protocols 2 to 4) and the few names that a table of tensors needs; it builds lists, dictionaries
/// and descriptions of tensors, calls nothing, and refuses everything else by name.
/// Instructions: https://github.com/python/cpython/blob/main/Lib/pickletools.py
struct PickleReader {
  let path: String
  let limits: PyTorchLimits
  var cursor: ByteCursor
  /// Where the instruction that runs begins.
  private(set) var place: Int
  var stack: [PickleValue] = []
  /// Heights of the stack at which a container's values begin.
  var marks: [Int] = []
  var memo: [PickleValue?] = []
  /// Content of tuples and lists, and of dictionaries as keys and values in turn.
  var containers: [[PickleValue]] = []
  var storages: [PickledStorage] = []
  var tensors: [PickledTensor] = []

  /// Steps so far: instructions, and values that an instruction copies.
  private var operations = 0
  /// How often a function or class was mentioned.
  var mentions = 0

  /// - Parameter range: Where the pickle begins and where it has to end at the latest.
  init(_ bytes: UnsafeRawBufferPointer, in range: Range<Int>, path: String, limits: PyTorchLimits) {
    self.path = path
    self.limits = limits
    cursor = ByteCursor(bytes, in: range)
    place = range.lowerBound
  }

  /// Runs to the end of the pickle.
  /// - Returns: The value that was pickled. `cursor` then stands behind the pickle.
  /// - Throws: `CheckpointError` that says what stands at which byte.
  mutating func read() throws -> PickleValue {
    let start = cursor.offset
    guard cursor.number(UInt8.self) == 0x80, let version = cursor.number(UInt8.self) else {
      throw fault("no pickle of torch.save begins here; check what the file is, or download it again")
    }
    guard 2...4 ~= version else {
      throw fault(
        "the pickle has protocol \(version) and 2 to 4 are supported; save it again with torch.save's default"
      )
    }
    while true {
      place = cursor.offset
      guard let code = cursor.number(UInt8.self) else { throw cutOff() }
      if code == UInt8(ascii: ".") { break }
      try spend(1)
      guard cursor.offset - start <= limits.pickleBytes else {
        throw fault(
          "the pickle has more than \(limits.pickleBytes) bytes; more is taken for an attack, so get the file anew"
        )
      }
      try run(code)
      guard stack.count <= limits.stackValues, marks.count <= limits.stackValues else {
        throw fault(
          "more than \(limits.stackValues) values wait on the stack; more is taken for an attack, so get the file anew"
        )
      }
    }
    guard stack.count == 1, marks.isEmpty else {
      throw fault(
        "the pickle ends with \(counted(stack.count, "value")) and not with one; download the file again")
    }
    return stack[0]
  }

  // MARK: What instructions use

  /// Counts steps, so that a short pickle cannot take long.
  mutating func spend(_ steps: Int) throws {
    operations += steps
    guard operations <= limits.operations else {
      throw fault(
        "the pickle takes more than \(limits.operations) steps; more is taken for an attack, so get the file anew"
      )
    }
  }

  func fault(_ message: String, at place: Int? = nil) -> CheckpointError {
    CheckpointError(path, "byte \(place ?? self.place): \(message)")
  }

  func cutOff() -> CheckpointError {
    fault("the pickle ends within an instruction; the file was cut off, download it again")
  }

  func refusal(_ what: String) -> CheckpointError {
    fault(
      "\(what) is not allowed in a checkpoint, which holds names, tensors and plain values only; "
        + "get the weights as safetensors from a source that you trust")
  }

  func unexpected(_ value: PickleValue, _ wanted: String) -> CheckpointError {
    fault("\(value.kind) stands where \(wanted) is needed; save the file again with torch.save")
  }

  mutating func pop() throws -> PickleValue {
    guard stack.count > marks.last ?? 0, let value = stack.popLast() else {
      throw fault("an instruction needs a value and there is none; download the file again")
    }
    return value
  }

  /// The values since the last mark.
  mutating func popToMark() throws -> [PickleValue] {
    guard let mark = marks.popLast() else {
      throw fault("an instruction needs a mark and there is none; download the file again")
    }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[mark...])
  }

  /// Keeps the content of a container.
  mutating func store(_ content: [PickleValue]) -> Int {
    containers.append(content)
    return containers.count - 1
  }

  func string(_ value: PickleValue, _ what: String) throws -> String {
    guard case .text(let range) = value else { throw unexpected(value, what) }
    guard let string = String(validating: cursor.bytes[range], as: UTF8.self) else {
      throw fault("\(what) is not in UTF-8; save the file again with torch.save", at: range.lowerBound)
    }
    return string
  }
}
