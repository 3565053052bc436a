internal import Tensors

/// Stands in for weights: notes which parameters a model asks for and gives it placeholders.
final class ShapeRecorder: ParameterSource {
  /// In the order in which the model was put together.
  private(set) var shapes: [(name: String, shape: [Int], role: WeightPrecision.Role)] = []

  func parameter(_ name: String, _ shape: [Int], initial: InitialValue, role: WeightPrecision.Role)
    -> Parameter
  {
    shapes.append((name, shape, role))
    return Parameter(name: name, tensor: Tensor([0], shape: [1]))
  }
}
