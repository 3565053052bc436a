/// Why a world could not be written.
package enum WorldError: Error, CustomStringConvertible, Sendable {
  case countOutOfRange(Int, ClosedRange<Int>)
  case exists(path: String)
  case unwritable(path: String, reason: String)

  package var description: String {
    switch self {
    case .countOutOfRange(let count, let range):
      "The questions of a kind cannot be \(count); give a number from \(range.lowerBound) to \(range.upperBound)."
    case .exists(let path): "\(path): the folder exists already; remove it or choose another name."
    case .unwritable(let path, let reason):
      "\(path): cannot be written (\(reason)); check permissions and free space."
    }
  }
}
