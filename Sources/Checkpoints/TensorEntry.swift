/// What a safetensors header says about one tensor. The byte range has been checked against shape, type and file.
public struct TensorEntry: Sendable, Equatable {
  public let name: String
  public let storedType: StoredType
  /// Length of each axis; empty for a scalar.
  public let shape: [Int]
  /// Bytes of the file.
  public let range: Range<Int>

  /// Number of elements.
  public var count: Int { range.count / storedType.size }

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
