import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Keeps the memory of tensors for reuse, so that a training step or a decoded token touches no new pages and makes no
/// new objects.
///
/// Memory is sorted into size classes, four to each power of two. The pool knows all that it has handed out, and hands
/// out again what nothing else refers to any more; what is in use outlives the pool.
package final class MemoryPool: Sendable {
  /// All memory of a size class, in use or not, and where the search for some that is not begins.
  private struct Class {
    var storages: [Storage] = []
    var next = 0
  }

  private let classes = Mutex([Class](repeating: Class(), count: 4 * Int.bitWidth))

  package init() {}

  func take(bytes: Int) -> Storage {
    let (index, capacity) = Self.sizeClass(bytes)
    // Looking through many small ones that are in use takes longer than making one more.
    let tries = max(16, capacity >> 10)
    return classes.withLock { classes in
      let count = classes[index].storages.count
      var place = classes[index].next
      for _ in 0..<min(tries, count) {
        if place >= count { place = 0 }
        if isKnownUniquelyReferenced(&classes[index].storages[place]) {
          // What another thread still wrote into it comes before what is written now.
          atomicMemoryFence(ordering: .acquiring)
          classes[index].next = place + 1
          return classes[index].storages[place]
        }
        place += 1
      }
      classes[index].next = place
      let storage = Storage(capacity: capacity)
      classes[index].storages.append(storage)
      return storage
    }
  }

  /// The next size of the form 4·2ⁿ, 5·2ⁿ, 6·2ⁿ or 7·2ⁿ bytes, at least 256, and how many such sizes are smaller.
  static func sizeClass(_ bytes: Int) -> (index: Int, capacity: Int) {
    let wanted = max(bytes, 256)
    let shift = Int.bitWidth - 1 - (wanted - 1).leadingZeroBitCount - 2
    let steps = (wanted + (1 << shift) - 1) >> shift
    return (4 * shift + steps, steps << shift)
  }
}

/// The memory behind one or several tensors, aligned to a cache line; large memory is aligned to and backed by huge pages
/// where the system has them, as many as it fills.
///
/// Safe to share between threads: an operation writes only into storage that it has just made and that nobody else
/// holds; the exceptions (optimiser, caches, gradient sums) own their storage and say so.
final class Storage: @unchecked Sendable {
  let address: UnsafeMutableRawPointer
  let capacity: Int

  init(capacity: Int) {
    let hugePage = 2 << 20
    let alignment = capacity >= hugePage ? hugePage : 64
    self.capacity = capacity
    address = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: alignment)
    #if os(Linux)
      if capacity >= hugePage { madvise(address, capacity / hugePage * hugePage, MADV_HUGEPAGE) }
    #endif
  }

  deinit { address.deallocate() }

  /// Memory of at least so many bytes, of a pool if one is given.
  static func of(bytes: Int, pool: MemoryPool?) -> Storage {
    pool?.take(bytes: bytes) ?? Storage(capacity: (max(bytes, 1) + 63) / 64 * 64)
  }
}
