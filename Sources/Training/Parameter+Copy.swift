package import Tensors

extension Parameter {
  /// Replaces the values; the shape stays.
  /// - Precondition: There are as many as the parameter has.
  package func copy(_ values: [Float]) {
    tensor = Tensor(values, shape: shape)
  }
}
