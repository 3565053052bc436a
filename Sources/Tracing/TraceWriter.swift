internal import Checkpoints
internal import Foundation
internal import Tensors

/// Collects the tensors of a trace. Rows of prompts that came as one batch are stacked again, with zeros where the
/// batch was padded; everything else of such a prompt stands under its number in the batch.
struct TraceWriter {
  private var writer = SafetensorsWriter()
  private var stacks: [String: (tensor: Tensor, rows: Int)] = [:]

  /// Rows of a prompt, one per token.
  /// - Shape: `[entry.prompt.ids.count, width]` → `[prompts, tokens, width]`
  mutating func add(_ name: String, of entry: TraceInputs.Entry, rows: Tensor) {
    let key = entry.prefix + name
    let shape = [entry.batchSize, entry.length] + rows.shape.dropFirst()
    let stack = stacks[key] ?? (Tensor.zeros(shape), 0)
    let all = stack.tensor.reshaped([entry.batchSize * entry.length, rows.width])
    all.setRows(entry.places.map { entry.batchIndex * entry.length + $0 }, from: rows)
    stacks[key] = (stack.tensor, stack.rows + 1)
  }

  mutating func add(_ name: String, of entry: TraceInputs.Entry, _ tensor: Tensor) throws {
    try writer.add(Self.name(name, entry), tensor)
  }

  mutating func add(_ name: String, of entry: TraceInputs.Entry, int64s: [Int64], shape: [Int]) throws {
    try writer.add(Self.name(name, entry), int64s: int64s, shape: shape)
  }

  mutating func add(_ name: String, _ tensor: Tensor) throws { try writer.add(name, tensor) }

  mutating func add(_ name: String, int64s: [Int64], shape: [Int]) throws {
    try writer.add(name, int64s: int64s, shape: shape)
  }

  mutating func write(to url: URL) throws {
    for name in stacks.keys.sorted() {
      if let stack = stacks[name] { try writer.add(name, stack.tensor) }
    }
    stacks = [:]
    try writer.write(to: url)
  }

  private static func name(_ name: String, _ entry: TraceInputs.Entry) -> String {
    entry.batchSize > 1 ? "\(entry.prefix)\(entry.batchIndex).\(name)" : entry.prefix + name
  }
}
