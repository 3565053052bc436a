import Testing

@testable import Tensors

@Suite struct MemoryPoolTests {
  @Test func sizeClassesCoverTheRequestWithinAQuarter() {
    for bytes in [1, 255, 256, 257, 320, 321, 1000, 4096, 4097, 1 << 20, (1 << 20) + 1] {
      let size = MemoryPool.sizeClass(bytes).capacity
      #expect(size >= bytes)
      #expect(size <= max(256, bytes + bytes / 4))
    }
  }

  @Test func aReleasedBufferIsUsedAgain() {
    let pool = MemoryPool()
    var first: Tensor? = Tensor.zeros([100, 10], pool: pool)
    let address = first?.storage.address
    first = nil
    #expect(Tensor.zeros([99, 10], pool: pool).storage.address == address)
  }
}
