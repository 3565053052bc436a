/// What a file says about one tensor. The bytes have been checked against shape, type and file.
package struct TensorEntry: Sendable, Equatable {
  package let name: String
  package let storedType: StoredType
  /// Length of each axis; empty for a scalar.
  package let shape: [Int]
  /// The bytes of the file from the first element to the last.
  package let range: Range<Int>
  /// How many elements lie from one index of each axis to the next; nil if the elements stand one behind the other in
  /// row-major order, as in every safetensors file.
  package let strides: [Int]?

  init(name: String, storedType: StoredType, shape: [Int], range: Range<Int>, strides: [Int]? = nil) {
    self.name = name
    self.storedType = storedType
    self.shape = shape
    self.range = range
    self.strides = strides
  }

  /// Number of elements.
  package var count: Int { shape.reduce(1, *) }

  func renamed(_ name: String) -> TensorEntry {
    TensorEntry(name: name, storedType: storedType, shape: shape, range: range, strides: strides)
  }

  /// Bytes that `count` elements of a shape take; nil if a length is negative or a product does not fit an `Int`.
  ///
  /// Axes of length 0 count as 1 in the check, so that products over a part of the shape fit as well.
  static func byteCount(shape: [Int], type: StoredType) -> Int? {
    var product = type.size
    for length in shape {
      let (next, overflow) = product.multipliedReportingOverflow(by: max(length, 1))
      guard length >= 0, !overflow else { return nil }
      product = next
    }
    return shape.contains(0) ? 0 : product
  }
}
