internal import Tensors

/// Stands in for weights: notes which parameters a model asks for and gives it placeholders.
final class ShapeRecorder: ParameterSource {
  /// In the order in which the model was put together.
  private(set) var shapes: [(name: String, shape: [Int])] = []

  func parameter(_ name: String, _ shape: [Int], initial: InitialValue) -> Parameter {
    shapes.append((name, shape))
    return Parameter(name: name, tensor: Tensor([0], shape: [1]))
  }
}
