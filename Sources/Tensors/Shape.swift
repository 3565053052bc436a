/// The lengths of a tensor's axes, at most eight, without memory of their own.
package struct Shape: Sendable, RandomAccessCollection, ExpressibleByArrayLiteral, CustomStringConvertible {
  package static let mostAxes = 8

  private var axes = (0, 0, 0, 0, 0, 0, 0, 0)
  package private(set) var count = 0

  package init(_ lengths: some Collection<Int>) {
    precondition(lengths.count <= Self.mostAxes, "a tensor of \(lengths.count) axes")
    for length in lengths { append(length) }
  }

  package init(arrayLiteral lengths: Int...) { self.init(lengths) }

  /// - Shape: `[length]`
  init(_ length: Int) { append(length) }

  /// - Shape: `[rows, width]`
  init(_ rows: Int, _ width: Int) {
    append(rows)
    append(width)
  }

  private mutating func append(_ length: Int) {
    let place = count * MemoryLayout<Int>.stride
    withUnsafeMutableBytes(of: &axes) { $0.storeBytes(of: length, toByteOffset: place, as: Int.self) }
    count += 1
  }

  package var startIndex: Int { 0 }
  package var endIndex: Int { count }

  package subscript(axis: Int) -> Int {
    precondition(axis >= 0 && axis < count, "axis \(axis) of \(self)")
    return withUnsafeBytes(of: axes) {
      $0.load(fromByteOffset: axis * MemoryLayout<Int>.stride, as: Int.self)
    }
  }

  package var description: String { "\(Array(self))" }

  /// Length of the first axis; 1 for a scalar.
  var rows: Int { count > 0 ? axes.0 : 1 }

  /// The product of all lengths but the first.
  var width: Int {
    var result = 1
    for axis in stride(from: 1, to: count, by: 1) { result *= self[axis] }
    return result
  }

  /// The product of all lengths.
  var elements: Int { rows * width }

  /// The same with another first length.
  func withRows(_ rows: Int) -> Shape {
    var result = self
    result.axes.0 = rows
    return result
  }
}

extension Shape: Equatable {
  package static func == (a: Shape, b: Shape) -> Bool { a.elementsEqual(b) }
  package static func == (a: Shape, b: [Int]) -> Bool { a.elementsEqual(b) }
  package static func == (a: [Int], b: Shape) -> Bool { b.elementsEqual(a) }
  package static func != (a: Shape, b: [Int]) -> Bool { !a.elementsEqual(b) }
  package static func != (a: [Int], b: Shape) -> Bool { !b.elementsEqual(a) }
}
