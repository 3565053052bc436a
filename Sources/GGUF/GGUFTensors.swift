internal import Checkpoints
internal import Foundation
internal import Tensors
internal import Wording

/// The tensors of GGUF files under the names, and in the order of rows, that a family's own folders have.
struct GGUFTensors: TensorSource {
  let names: [String]
  private let tensors: [String: GGUFTensor]
  private let files: [GGUFFile]
  /// Which of the files holds a stored tensor.
  private let locations: [String: Int]
  private let backend: Backend

  /// - Parameters:
  ///   - tensors: The family's tensors by name; their parts are stored in `files`.
  init(_ tensors: [String: GGUFTensor], in files: [GGUFFile]) throws {
    self.tensors = tensors
    self.files = files
    names = tensors.keys.sorted()
    var locations: [String: Int] = [:]
    for (index, file) in files.enumerated() {
      for name in file.names where locations.updateValue(index, forKey: name) != nil {
        throw CheckpointError(
          file.url.path, "the tensor \(name) is in another of the files too; name files that belong together")
      }
    }
    self.locations = locations
    backend = Backend(threads: ProcessInfo.processInfo.activeProcessorCount)
    for name in names { try check(name) }
  }

  /// Parts that are put together are of one type and width, and heads are whole.
  private func check(_ name: String) throws {
    let tensor = try tensor(name)
    let parts = try tensor.parts.map { try file(of: $0).entry($0) }
    guard let first = parts.first else { return }
    let path = try path(of: name)
    let isAlike = parts.allSatisfy {
      $0.storedType == first.storedType && $0.shape.dropFirst() == first.shape.dropFirst()
    }
    guard isAlike, !first.shape.isEmpty else {
      throw CheckpointError(
        path,
        "the tensors \(tensor.parts.joined(separator: ", ")) do not fit together; convert the model again")
    }
    if case .pairs(let heads) = tensor.order {
      let rows = parts.reduce(0) { $0 + ($1.shape.first ?? 0) }
      guard heads > 0, rows % heads == 0, rows / heads % 2 == 0 else {
        throw CheckpointError(
          path,
          "tensor \(tensor.parts[0]) has \(counted(rows, "row")), which are no \(heads) heads; convert the model again"
        )
      }
    }
  }

  private func tensor(_ name: String) throws -> GGUFTensor {
    guard let tensor = tensors[name] else {
      throw CheckpointError(files[0].url.path, "there is no tensor that could be \(name)")
    }
    return tensor
  }

  private func file(of stored: String) throws -> GGUFFile {
    guard let location = locations[stored] else {
      throw CheckpointError(files[0].url.path, "the tensor \(stored) is missing; convert the model again")
    }
    return files[location]
  }

  func path(of name: String) throws -> String {
    try tensor(name).parts.first.map { try file(of: $0).url.path } ?? files[0].url.path
  }

  func entry(_ name: String) throws -> TensorEntry {
    let tensor = try tensor(name)
    if case .constant(_, let shape) = tensor.source {
      return TensorEntry(name: name, storedType: .float32, shape: shape, range: 0..<0)
    }
    let parts = try tensor.parts.map { try file(of: $0).entry($0) }
    var shape = parts[0].shape
    switch tensor.source {
    case .frames: shape.insert(parts.count, at: min(2, shape.count))
    case .lifted(_, let axes): shape = [Int](repeating: 1, count: axes) + shape
    case .rows, .constant: shape[0] = parts.reduce(0) { $0 + $1.shape[0] }
    }
    let bytes = parts.reduce(0) { $0 + $1.range.count }
    let type = tensor.isStoredRows ? parts[0].storedType : .float32
    return TensorEntry(name: name, storedType: type, shape: shape, range: 0..<bytes)
  }

  func tensor(_ name: String, as dtype: DType, pool: MemoryPool?) throws -> Tensor {
    let (tensor, entry) = (try tensor(name), try entry(name))
    if case .rows(let parts) = tensor.source, parts.count == 1, tensor.order == .stored, tensor.shift == 0 {
      return try stored(parts[0], as: dtype, pool: pool)
    }
    let rows = entry.shape.first ?? 1
    let width = rows == 0 ? 0 : entry.count / rows
    var numbers: [Float]
    switch tensor.source {
    case .constant(let value, _): numbers = [Float](repeating: value, count: entry.count)
    case .rows(let parts): numbers = try parts.flatMap { try stored($0, as: .float32, pool: nil).floats() }
    case .lifted(let name, _): numbers = try stored(name, as: .float32, pool: nil).floats()
    case .frames(let parts):
      numbers = Self.interleaved(
        try parts.map { try stored($0, as: .float32, pool: nil).floats() },
        channels: rows * (entry.shape.dropFirst().first ?? 1))
    }
    if tensor.shift != 0 { for index in numbers.indices { numbers[index] += tensor.shift } }
    if tensor.order != .stored {
      numbers = (0..<rows).flatMap { row in
        let place = tensor.order.place(of: row, count: rows)
        return numbers[place * width..<(place + 1) * width]
      }
    }
    let result = Tensor(numbers, shape: entry.shape)
    guard result.isFinite else { throw CheckpointError.notFinite(name, at: try path(of: name), as: dtype) }
    return result.converted(to: dtype, pool: pool)
  }

  /// The frames of every channel one behind the other.
  private static func interleaved(_ frames: [[Float]], channels: Int) -> [Float] {
    let size = channels == 0 ? 0 : (frames.first?.count ?? 0) / channels
    return (0..<channels).flatMap { channel in
      frames.flatMap { $0[channel * size..<(channel + 1) * size] }
    }
  }

  private func stored(_ name: String, as dtype: DType, pool: MemoryPool?) throws -> Tensor {
    try file(of: name).numbers(name, as: dtype, pool: pool, backend)
  }

  func withStoredRows<Result>(_ name: String, _ body: ([UnsafeRawPointer]) throws -> Result) throws -> Result
  {
    let tensor = try tensor(name)
    return try rows(of: tensor.parts[...], []) { lines in
      try body(lines.indices.map { lines[tensor.order.place(of: $0, count: lines.count)] })
    }
  }

  private func rows<Result>(
    of parts: ArraySlice<String>, _ front: [UnsafeRawPointer], _ body: ([UnsafeRawPointer]) throws -> Result
  ) throws -> Result {
    guard let first = parts.first else { return try body(front) }
    return try file(of: first).withStoredRows(first) { try rows(of: parts.dropFirst(), front + $0, body) }
  }

  func withStoredBytes<Result>(_ name: String, _ body: (UnsafeRawBufferPointer) throws -> Result) throws
    -> Result
  {
    let tensor = try tensor(name)
    guard case .rows(let parts) = tensor.source, parts.count == 1, tensor.order == .stored, tensor.shift == 0
    else {
      throw CheckpointError(try path(of: name), "the bytes of tensor \(name) do not lie together")
    }
    return try file(of: parts[0]).withStoredBytes(parts[0], body)
  }

  func int64s(_ name: String) throws -> [Int64] {
    let parts = try tensor(name).parts
    return try parts.flatMap { try file(of: $0).int64s($0) }
  }
}
