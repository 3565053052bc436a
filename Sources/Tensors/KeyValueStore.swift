internal import Synchronization

/// Memory for the keys and values of any number of sequences, in pages that are used again.
package final class KeyValueStore: Sendable {
  private struct State {
    var unused: [Int: [MemoryPool.Buffer]] = [:]
    var bytesInUse = 0
  }

  private let state = Mutex(State())

  package init() {}

  deinit { release() }

  /// Bytes of all pages that rows lie in; a page that copies share counts once.
  package var bytesInUse: Int { state.withLock { $0.bytesInUse } }

  /// Gives the memory of pages that are not in use back to the system.
  package func release() {
    let unused = state.withLock { state in
      defer { state.unused = [:] }
      return state.unused
    }
    for buffer in unused.values.joined() { buffer.address.deallocate() }
  }

  fileprivate func take(bytes: Int) -> MemoryPool.Buffer {
    let known = state.withLock { state in
      state.bytesInUse += bytes
      return state.unused[bytes]?.popLast()
    }
    return known ?? MemoryPool.allocate(capacity: bytes)
  }

  fileprivate func give(_ buffer: MemoryPool.Buffer) {
    state.withLock { state in
      state.bytesInUse -= buffer.capacity
      state.unused[buffer.capacity, default: []].append(buffer)
    }
  }
}

/// The memory of some rows of keys and values, which goes back to its store with the last reference.
///
/// Safe to share: only rows that hold the single reference write, and only behind the rows that the page has.
final class KeyValuePage: @unchecked Sendable {
  private let buffer: MemoryPool.Buffer
  private let store: KeyValueStore

  init(bytes: Int, store: KeyValueStore) {
    buffer = store.take(bytes: bytes)
    self.store = store
  }

  deinit { store.give(buffer) }

  var address: UnsafeMutableRawPointer { buffer.address }

  /// Another page with the same content.
  func copy() -> KeyValuePage {
    let page = KeyValuePage(bytes: buffer.capacity, store: store)
    page.address.copyMemory(from: address, byteCount: buffer.capacity)
    return page
  }
}
