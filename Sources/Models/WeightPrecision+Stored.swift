package import Checkpoints
package import Tensors

extension WeightPrecision {
  /// The format in which a checkpoint holds its weights: that of most numbers, with 16 bits of either kind taken as bfloat16.
  package static func stored(in source: some TensorSource) throws -> WeightPrecision {
    var counts: [WeightPrecision: Int] = [:]
    for name in source.names {
      let entry = try source.entry(name)
      if entry.storedType.isBlocks {
        counts[.blocks, default: 0] += entry.count
        continue
      }
      switch (PackedMatrix.Format.split(name).format, entry.storedType) {
      case (.int4?, _): counts[.int4, default: 0] += 2 * entry.count
      case (.int8?, _): counts[.int8, default: 0] += entry.count
      case (nil, .bfloat16), (nil, .float16): counts[.bfloat16, default: 0] += entry.count
      case (nil, .float32), (nil, .float64): counts[.float32, default: 0] += entry.count
      case (_?, _): counts[.blocks, default: 0] += 2 * entry.count
      default: break
      }
    }
    // Where the layers have 4 bits, towers and tables have 8 and may well be more.
    if counts[.int4] != nil { return .int4 }
    return counts.max { ($0.value, $1.key.rawValue) < ($1.value, $0.key.rawValue) }?.key ?? .float32
  }
}
