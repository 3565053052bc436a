import Wording

extension PickleReader {
  /// `(storage, offset, shape, strides, requires_grad, hooks)`, with bits of a lazy sign or conjugate behind it.
  mutating func rebuildTensor(_ items: [PickleValue]) throws {
    guard 6...7 ~= items.count else {
      throw fault(
        "a tensor is made of \(counted(items.count, "value")) and not of 6; save the file again with torch.save"
      )
    }
    guard case .storage(let storage) = items[0] else { throw unexpected(items[0], "a tensor's storage") }
    guard case .integer(let offset) = items[1] else { throw unexpected(items[1], "a tensor's offset") }
    if items.count == 7, case .dictionary(let bits) = items[6], !containers[bits].isEmpty {
      throw fault("a tensor is a negative or conjugate view; save it again after .clone()")
    }
    guard tensors.count < limits.tensors else {
      throw fault(
        "the file has more than \(limits.tensors) tensors; more is taken for an attack, so get the file anew")
    }
    tensors.append(
      try view(
        of: storage, offset: offset, shape: try lengths(items[2], "shape"),
        strides: try lengths(items[3], "strides")))
    stack.append(.tensor(tensors.count - 1))
  }

  private func lengths(_ value: PickleValue, _ what: String) throws -> [Int] {
    guard case .tuple(let tuple) = value else { throw unexpected(value, "a tensor's \(what)") }
    guard containers[tuple].count <= limits.rank else {
      throw fault(
        "a tensor has \(containers[tuple].count) axes and the limit is \(limits.rank); more is taken for an attack, so get the file anew"
      )
    }
    return try containers[tuple].map { item in
      guard case .integer(let length) = item else { throw unexpected(item, "a number of a tensor's \(what)") }
      guard length >= 0 else {
        throw fault("a tensor's \(what) hold the negative number \(length); download the file again")
      }
      return length
    }
  }

  private func view(of index: Int, offset: Int, shape: [Int], strides: [Int]) throws -> PickledTensor {
    let storage = storages[index]
    guard shape.count == strides.count else {
      throw fault("a tensor has \(shape.count) axes and \(strides.count) strides; download the file again")
    }
    guard let bytes = TensorEntry.byteCount(shape: shape, type: storage.type) else {
      throw fault("the shape \(shape) is too large for any file; download the file again")
    }
    guard let span = Self.span(shape, strides), offset >= 0, offset <= storage.count,
      span <= storage.count - offset
    else {
      throw fault(
        "a tensor of shape \(shape), strides \(strides) and offset \(offset) does not fit its storage of "
          + "\(counted(storage.count, "number")); download the file again")
    }
    // Numbers may be repeated by strides of 0, and a few bytes must not become more than any memory holds.
    guard bytes <= cursor.bytes.count else {
      throw fault(
        "the shape \(shape) repeats numbers beyond the file's size; save it again after .contiguous()")
    }
    return PickledTensor(
      storage: index, offset: offset, shape: shape, strides: strides, span: span, place: place)
  }

  /// Elements from a tensor's first to its last; nil if that does not fit an `Int`.
  private static func span(_ shape: [Int], _ strides: [Int]) -> Int? {
    if shape.contains(0) { return 0 }
    var last = 0
    for (length, stride) in zip(shape, strides) {
      let (step, tooFar) = (length - 1).multipliedReportingOverflow(by: stride)
      let (sum, overflow) = last.addingReportingOverflow(step)
      guard !tooFar, !overflow, sum < Int.max else { return nil }
      last = sum
    }
    return last + 1
  }

  /// The tensors of a dictionary and of those inside it, by their keys with full stops between them. Everything else
  /// is left aside.
  func namedTensors(in value: PickleValue) throws -> [(name: String, tensor: PickledTensor)] {
    guard case .dictionary = value else {
      throw fault("the file holds \(value.kind) and no table of named tensors; save a state_dict()")
    }
    var result: [(name: String, tensor: PickledTensor)] = []
    var steps = 0
    try collect(value, "", depth: 0, steps: &steps, into: &result)
    return result
  }

  private func collect(
    _ value: PickleValue, _ name: String, depth: Int, steps: inout Int,
    into result: inout [(name: String, tensor: PickledTensor)]
  ) throws {
    func enter(_ container: Int) throws -> [PickleValue] {
      // The same container may stand at many places.
      steps += containers[container].count + 1
      guard steps <= limits.operations else {
        throw fault(
          "the tables hold more than \(limits.operations) values; more is taken for an attack, so get the file anew"
        )
      }
      guard depth < limits.depth else {
        throw fault(
          "\(name.prefix(60)) is nested deeper than \(limits.depth) levels, or holds itself; save the file again"
        )
      }
      return containers[container]
    }
    func inner(_ key: String) throws -> String {
      let inner = name.isEmpty ? key : "\(name).\(key)"
      guard inner.utf8.count <= limits.nameBytes else {
        throw fault(
          "the tensor name \(inner.prefix(60))… exceeds \(limits.nameBytes) bytes; more is taken for an attack, so get the file anew"
        )
      }
      return inner
    }

    switch value {
    case .tensor(let index):
      guard result.count < limits.tensors else {
        throw fault(
          "the file has more than \(limits.tensors) tensors; more is taken for an attack, so get the file anew"
        )
      }
      result.append((name, tensors[index]))
    case .dictionary(let index):
      let items = try enter(index)
      for position in stride(from: 0, to: items.count, by: 2) {
        guard items[position + 1].holdsOthers else { continue }
        let key =
          if case .integer(let number) = items[position] { String(number) } else {
            try string(items[position], "the name of a tensor")
          }
        try collect(items[position + 1], try inner(key), depth: depth + 1, steps: &steps, into: &result)
      }
    case .list(let index), .tuple(let index):
      for (position, item) in try enter(index).enumerated() where item.holdsOthers {
        try collect(item, try inner(String(position)), depth: depth + 1, steps: &steps, into: &result)
      }
    case .none, .boolean, .integer, .text, .opaque, .global, .storage: break
    }
  }
}

extension PickleValue {
  /// Whether it is a tensor or may hold one.
  fileprivate var holdsOthers: Bool {
    switch self {
    case .tensor, .dictionary, .list, .tuple: true
    case .none, .boolean, .integer, .text, .opaque, .global, .storage: false
    }
  }
}
