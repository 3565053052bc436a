import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Keeps released buffers for reuse, so that a training step or a decoded token touches no new pages.
///
/// Buffers are sorted into size classes, four to each power of two. A buffer goes back to the pool when the last
/// tensor that uses it is gone; the pool frees everything when it is gone itself.
package final class MemoryPool: Sendable {
  private let free = Mutex<[Int: [Buffer]]>([:])

  package init() {}

  deinit {
    free.withLock { lists in
      for buffer in lists.values.joined() { buffer.address.deallocate() }
    }
  }

  /// A raw buffer, in a form that may cross threads: it has one owner at a time, the pool or a `Storage`.
  struct Buffer: @unchecked Sendable {
    let address: UnsafeMutableRawPointer
    let capacity: Int
  }

  func take(bytes: Int) -> Buffer {
    let capacity = Self.sizeClass(bytes)
    if let buffer = free.withLock({ $0[capacity]?.popLast() }) { return buffer }
    return Self.allocate(capacity: capacity)
  }

  func give(_ buffer: Buffer) {
    free.withLock { $0[buffer.capacity, default: []].append(buffer) }
  }

  /// The next size of the form 4·2ⁿ, 5·2ⁿ, 6·2ⁿ or 7·2ⁿ bytes, at least 256.
  static func sizeClass(_ bytes: Int) -> Int {
    let wanted = max(bytes, 256)
    let step = 1 << (Int.bitWidth - 1 - (wanted - 1).leadingZeroBitCount - 2)
    return (wanted + step - 1) / step * step
  }

  /// New memory, aligned to a cache line; large buffers are aligned to and backed by huge pages where the system has them,
  /// as many as they fill.
  static func allocate(capacity: Int) -> Buffer {
    let hugePage = 2 << 20
    let alignment = capacity >= hugePage ? hugePage : 64
    let address = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: alignment)
    #if os(Linux)
      if capacity >= hugePage { madvise(address, capacity / hugePage * hugePage, MADV_HUGEPAGE) }
    #endif
    return Buffer(address: address, capacity: capacity)
  }
}

/// The memory behind one or several tensors.
///
/// Safe to share between threads: an operation writes only into storage that it has just made and that nobody else
/// holds; the exceptions (optimiser, caches, gradient sums) own their storage and say so.
final class Storage: @unchecked Sendable {
  let address: UnsafeMutableRawPointer
  private let capacity: Int
  private let pool: MemoryPool?

  init(bytes: Int, pool: MemoryPool?) {
    let buffer = pool?.take(bytes: bytes) ?? MemoryPool.allocate(capacity: (max(bytes, 1) + 63) / 64 * 64)
    address = buffer.address
    capacity = buffer.capacity
    self.pool = pool
  }

  deinit {
    if let pool {
      pool.give(MemoryPool.Buffer(address: address, capacity: capacity))
    } else {
      address.deallocate()
    }
  }
}
