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

  package init(name: String, storedType: StoredType, shape: [Int], range: Range<Int>, strides: [Int]? = nil) {
    self.name = name
    self.storedType = storedType
    self.shape = shape
    self.range = range
    self.strides = strides
  }

  /// Number of elements.
  package var count: Int { shape.reduce(1, *) }

  package func renamed(_ name: String) -> TensorEntry {
    TensorEntry(name: name, storedType: storedType, shape: shape, range: range, strides: strides)
  }

  /// Bytes that a shape takes; nil if a length is negative, a row is no whole number of blocks or a product does not fit an `Int`.
  ///
  /// Axes of length 0 count as 1 in the check, so that products over a part of the shape fit as well.
  package static func byteCount(shape: [Int], type: StoredType) -> Int? {
    let block = type.block
    guard (shape.last ?? 1).isMultiple(of: block.numbers) else { return nil }
    var product = block.bytes
    for (axis, length) in shape.enumerated() {
      let length = axis == shape.count - 1 ? length / block.numbers : length
      let (next, overflow) = product.multipliedReportingOverflow(by: max(length, 1))
      guard length >= 0, !overflow else { return nil }
      product = next
    }
    return shape.contains(0) ? 0 : product
  }
}
