internal import Foundation
package import Tensors

/// Parameters that repeat one block of random numbers: as hard to multiply as any, and quick to make.
package final class RepeatedNoise: ParameterSource {
  private let precision: WeightPrecision
  private let backend = Backend(threads: ProcessInfo.processInfo.activeProcessorCount)
  private let block: [Float]

  package init(_ precision: WeightPrecision) {
    self.precision = precision
    var numbers = NormalNumbers(seed: 1)
    block = (0..<65521).map { _ in numbers.next() }
  }

  package func parameter(
    _ name: String, _ shape: [Int], initial: InitialValue, role: WeightPrecision.Role
  ) -> Parameter {
    let storage = precision.storage(role, shape: shape)
    switch initial {
    case .constant(let value):
      let count = shape.reduce(1, *)
      return Parameter(name: name, tensor: Tensor([Float](repeating: value, count: count), shape: shape))
    case .normal(let deviation):
      return noise(shape, deviation, isNarrow: storage == .plain(.bfloat16))
        .stored(as: storage, name: name, backend: backend)
    }
  }

  private func noise(_ shape: [Int], _ deviation: Float, isNarrow: Bool) -> Tensor {
    let dtype = isNarrow ? DType.bfloat16 : .float32
    let part = Tensor(block.map { $0 * deviation }, shape: [block.count]).converted(to: dtype)
    return Tensor(shape: shape, dtype: dtype) { memory in
      part.withBytes { part in
        for start in stride(from: 0, to: memory.count, by: part.count) {
          let count = min(part.count, memory.count - start)
          memory[start..<start + count].copyBytes(from: part[..<count])
        }
      }
    }
  }
}
