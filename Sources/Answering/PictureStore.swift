internal import Models
internal import Tensors

/// Keeps the rows of pictures that were encoded, so that further questions about them need only the decoder. What was used
/// least recently goes first when the store is full.
final class PictureStore {
  private struct Entry {
    let rows: Tensor
    var lastUse: Int
  }

  private let budget: Int
  private var entries: [PictureKey: Entry] = [:]
  private var uses = 0

  /// - Parameter budget: Bytes.
  init(budget: Int) { self.budget = budget }

  var bytes: Int { entries.values.reduce(0) { $0 + $1.rows.count * DType.float32.size } }

  func rows(of picture: PictureKey) -> Tensor? {
    uses += 1
    entries[picture]?.lastUse = uses
    return entries[picture]?.rows
  }

  func keep(_ rows: Tensor, of picture: PictureKey) {
    uses += 1
    entries[picture] = Entry(rows: rows, lastUse: uses)
    while bytes > budget, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
      entries[oldest.key] = nil
    }
  }

  func removeAll() { entries = [:] }
}
