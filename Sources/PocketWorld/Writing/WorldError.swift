/// Why a world could not be written.
package enum WorldError: Error, CustomStringConvertible, Sendable {
  case countOutOfRange(Int, ClosedRange<Int>)
  case exists(path: String)

  package var description: String {
    switch self {
    case .countOutOfRange(let count, let range):
      "The questions of a kind cannot be \(count); give a number from \(range.lowerBound) to \(range.upperBound)."
    case .exists(let path): "\(path): something is there already; remove it or choose another name."
    }
  }
}
