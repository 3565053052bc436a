package import Tensors

/// What a parameter holds before it has learnt anything.
package enum InitialValue: Sendable {
  case normal(deviation: Float)
  case constant(Float)
}

/// Where a model's parameters come from while it is put together.
package protocol ParameterSource: AnyObject {
  /// - Parameters:
  ///   - name: The parameter's name in its family's checkpoints.
  ///   - shape: The shape that the model's configuration asks for.
  ///   - role: What the model does with it, which decides how it may be held in memory.
  /// - Returns: A parameter of that shape. A source that cannot provide it makes a note and returns a placeholder, so
  ///   that everything wrong with a checkpoint is reported at once.
  func parameter(_ name: String, _ shape: [Int], initial: InitialValue, role: WeightPrecision.Role)
    -> Parameter
}

extension ParameterSource {
  package func parameter(_ name: String, _ shape: [Int], initial: InitialValue) -> Parameter {
    parameter(name, shape, initial: initial, role: .other)
  }
}

/// Another source's parameters, under other names.
final class RenamedParameters: ParameterSource {
  private let source: any ParameterSource
  private let name: (String) -> String

  /// - Parameter name: The other source's name of a parameter.
  init(_ source: any ParameterSource, _ name: @escaping (String) -> String) {
    (self.source, self.name) = (source, name)
  }

  package func parameter(
    _ name: String, _ shape: [Int], initial: InitialValue, role: WeightPrecision.Role
  ) -> Parameter {
    source.parameter(self.name(name), shape, initial: initial, role: role)
  }
}

/// New parameters with random values that depend on the seed and on each parameter's name only.
package final class RandomParameters: ParameterSource {
  private let seed: UInt64

  package init(seed: UInt64) { self.seed = seed }

  package func parameter(
    _ name: String, _ shape: [Int], initial: InitialValue, role: WeightPrecision.Role
  ) -> Parameter {
    Parameter(name: name, tensor: Self.tensor(name, shape, initial, seed: seed))
  }

  static func tensor(_ name: String, _ shape: [Int], _ initial: InitialValue, seed: UInt64) -> Tensor {
    let count = shape.reduce(1, *)
    switch initial {
    case .constant(let value):
      return Tensor([Float](repeating: value, count: count), shape: shape)
    case .normal(let deviation):
      // FNV-1a over the name gives each parameter a stream of its own.
      let stream = name.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
      var normal = NormalNumbers(seed: seed ^ stream)
      return Tensor((0..<count).map { _ in normal.next() * deviation }, shape: shape)
    }
  }
}
