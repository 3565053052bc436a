import Foundation
import Tensors

/// A model's tensors with an adapter's changes, W + scale · B · A, computed in float32 as each tensor is read.
struct MergedTensors: TensorSource {
  let base: any TensorSource
  let adapter: LoRAAdapter
  let backend: Backend

  var names: [String] { base.names }

  func entry(_ name: String) throws -> TensorEntry {
    guard let replacement = adapter.replacements[name] else { return try base.entry(name) }
    return try adapter.file.entry(replacement).renamed(name)
  }

  /// The adapter's file for what it changes.
  func path(of name: String) throws -> String {
    let isChanged = adapter.replacements[name] != nil || adapter.pairs[name] != nil
    return isChanged ? adapter.file.url.path : try base.path(of: name)
  }

  func tensor(_ name: String, as dtype: DType, pool: MemoryPool?) throws -> Tensor {
    if let replacement = adapter.replacements[name] {
      return try adapter.file.tensor(replacement, as: dtype, pool: pool)
    }
    guard let pair = adapter.pairs[name], let a = pair.a, let b = pair.b else {
      return try base.tensor(name, as: dtype, pool: pool)
    }
    let weight = try base.tensor(name, as: .float32, pool: dtype == .float32 ? pool : nil)
    let factorA = try adapter.file.tensor(a).transposed()
    let factorB = try adapter.file.tensor(b)
    if adapter.isTransposed(pair) {
      add(factorA, factorB, to: weight)
    } else {
      add(factorB, factorA, to: weight)
    }
    let result = weight.converted(to: dtype, pool: pool)
    guard result.isFinite else {
      throw CheckpointError(
        adapter.file.url.path,
        "its change of \(name) makes numbers that are too large for \(dtype.rawValue); check lora_alpha and r in adapter_config.json"
      )
    }
    return result
  }

  func withStoredBytes<Result>(_ name: String, _ body: (UnsafeRawBufferPointer) throws -> Result) throws
    -> Result
  {
    if let replacement = adapter.replacements[name] {
      return try adapter.file.withStoredBytes(replacement, body)
    }
    try checkIsUnchanged(name)
    return try base.withStoredBytes(name, body)
  }

  func withStoredRows<Result>(_ name: String, _ body: ([UnsafeRawPointer]) throws -> Result) throws -> Result
  {
    if let replacement = adapter.replacements[name] {
      return try adapter.file.withStoredRows(replacement, body)
    }
    try checkIsUnchanged(name)
    return try base.withStoredRows(name, body)
  }

  private func checkIsUnchanged(_ name: String) throws {
    guard adapter.pairs[PackedMatrix.Format.split(name).name] == nil else {
      throw CheckpointError(
        adapter.file.url.path,
        "it changes \(name), which the model holds packed; merge the adapter before quantizing")
    }
  }

  func int64s(_ name: String) throws -> [Int64] {
    guard let replacement = adapter.replacements[name] else { return try base.int64s(name) }
    return try adapter.file.int64s(replacement)
  }

  /// weight += scale · left · rightᵀ, some rows at a time, so that the product needs little memory.
  /// - Shape: left `[rows, rank]`, right `[columns, rank]`, weight `[rows, columns]`
  private func add(_ left: Tensor, _ right: Tensor, to weight: Tensor) {
    let scale = adapter.configuration.scale
    let step = max(1, (1 << 20) / max(weight.width, 1))
    let tape = Tape(backend: backend)
    for start in stride(from: 0, to: weight.rows, by: step) {
      let rows = start..<min(start + step, weight.rows)
      let product = tape.linear(Value(constant: left.rows(rows)), Value(constant: right)).tensor
      weight.rows(rows).add(product, scaledBy: scale)
    }
  }
}
