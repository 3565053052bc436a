internal import Synchronization

/// Memory for the keys and values of any number of sequences, in pages that are used again.
package final class KeyValueStore: Sendable {
  private struct State {
    var unused: [Int: [Storage]] = [:]
    var bytesInUse = 0
  }

  private let state = Mutex(State())

  package init() {}

  /// Bytes of all pages that rows lie in; a page that copies share counts once.
  package var bytesInUse: Int { state.withLock { $0.bytesInUse } }

  /// Gives the memory of pages that are not in use back to the system.
  package func release() { state.withLock { $0.unused = [:] } }

  fileprivate func take(bytes: Int) -> Storage {
    let known = state.withLock { state in
      state.bytesInUse += bytes
      return state.unused[bytes]?.popLast()
    }
    return known ?? Storage(capacity: bytes)
  }

  fileprivate func give(_ storage: Storage) {
    state.withLock { state in
      state.bytesInUse -= storage.capacity
      state.unused[storage.capacity, default: []].append(storage)
    }
  }
}

/// The memory of some rows of keys and values, which goes back to its store with the last reference.
///
/// Safe to share: only rows that hold the single reference write, and only behind the rows that the page has.
final class KeyValuePage: Sendable {
  private let storage: Storage
  private let store: KeyValueStore

  init(bytes: Int, store: KeyValueStore) {
    storage = store.take(bytes: bytes)
    self.store = store
  }

  deinit { store.give(storage) }

  var address: UnsafeMutableRawPointer { storage.address }

  /// Another page with the same content.
  func copy() -> KeyValuePage {
    let page = KeyValuePage(bytes: storage.capacity, store: store)
    page.address.copyMemory(from: address, byteCount: storage.capacity)
    return page
  }
}
