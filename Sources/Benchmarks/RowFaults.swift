internal import StrictJSON
internal import Synchronization

/// A row of a question or answer file that cannot be read.
package struct RowFault: Sendable, Hashable {
  /// The file, the line and what is wrong, as a sentence.
  package let description: String
  /// Whether the row is no JSON at all, which some official converters pass over.
  package let isSyntax: Bool

  init(_ error: any Error) {
    description = "\(error)"
    isSyntax = (error as? JSONError)?.column != nil
  }
}

/// What becomes of rows that cannot be read: the first one ends the reading, or all are left out and named.
///
/// Safe to share: the list is behind a lock.
final class RowFaults: Sendable {
  let areAllowed: Bool
  private let list = Mutex<[RowFault]>([])

  init(areAllowed: Bool) { self.areAllowed = areAllowed }

  /// Each once, in the order in which they were met.
  var all: [RowFault] { list.withLock { $0 } }

  /// Takes note of a fault.
  /// - Parameter isPassed: whether reading can go on behind the row.
  /// - Throws: the error, unless faults are allowed.
  func add(_ error: any Error, isPassed: Bool = true) throws {
    guard areAllowed, isPassed else { throw error }
    let fault = RowFault(error)
    list.withLock { list in
      if !list.contains(fault) { list.append(fault) }
    }
  }

  /// What `read` gives for a row; nil if the row is at fault and that is allowed.
  func row<Row>(_ read: () throws -> Row) throws -> Row? {
    do {
      return try read()
    } catch {
      try add(error)
      return nil
    }
  }
}
