internal import CKernels

/// Where operations run: which variant of the row kernels, which matrix library, how many threads.
///
/// A backend has no state that changes results; models, tapes and threads may share one.
package final class Backend: Sendable {
  /// How matrix products are computed.
  package enum MatrixLibrary: String, Sendable, CaseIterable {
    /// oneDNN on Linux, Accelerate on Apple platforms.
    case system
    /// The project's own C kernels: slower, the same everywhere.
    case portable
  }

  let kernels: KernelTable
  let matrixLibrary: MatrixLibrary
  let bfloat16Products: BFloat16Products?
  let team: ThreadTeam

  /// The most threads that one operation uses.
  package var threads: Int { team.threads }

  /// - Parameter kernels: The name of a kernel variant ("avx512", "avx2", "portable"); the fastest that this
  ///   processor can run if nil or unknown here.
  package init(kernels name: String? = nil, matrixLibrary: MatrixLibrary = .system, threads: Int = 1) {
    let variants = KernelTable.available
    kernels = variants.first { $0.name == name } ?? variants[0]
    self.matrixLibrary = matrixLibrary
    team = ThreadTeam(threads: threads)
    bfloat16Products = matrixLibrary == .system ? BFloat16Products.ifFast() : nil
  }

  /// Names of the kernel variants that this processor can run, fastest first.
  package static var kernelVariants: [String] { KernelTable.available.map(\.name) }

  /// Which kernels and matrix library this backend uses, for reports.
  package var summary: String {
    "\(kernels.name) kernels, \(matrixLibrary.rawValue) matrices, "
      + "bf16 \(bfloat16Products == nil ? "widened" : "native"), \(threads) thread\(threads == 1 ? "" : "s")"
  }

  /// How many threads pay for `work` floating-point operations; starting a second one costs some microseconds.
  func usefulThreads(work: Int) -> Int {
    max(1, min(threads, work / 20_000_000))
  }

  /// How many threads pay for a pass over so many numbers in memory.
  func usefulThreads(elements: Int) -> Int {
    max(1, min(threads, elements / 100_000))
  }

  /// Parts per thread of a loop, so that a thread that others hold up leaves its share to the rest.
  private static let partsPerThread = 4

  /// Calls `body` for nearly equal parts of `0..<count`, on up to `threads` threads at the same time.
  package func parallel(_ count: Int, threads wanted: Int, _ body: @Sendable (Range<Int>) -> Void) {
    guard min(wanted, count) > 1 else { return body(0..<count) }
    let parts = min(count, wanted * Self.partsPerThread)
    team.run(parts: parts) { body(count * $0 / parts..<count * ($0 + 1) / parts) }
  }
}

/// A variant of the C kernels.
///
/// Safe to share: it points at a constant table of functions.
struct KernelTable: @unchecked Sendable {
  private let table: UnsafePointer<GMKernels>

  var name: String { String(cString: table.pointee.name) }
  var lanes: Int { Int(table.pointee.lanes) }
  var functions: GMKernels { table.pointee }

  static let available: [KernelTable] = {
    var count: Int32 = 0
    guard let list = gm_kernels(&count) else { return [] }
    return (0..<Int(count)).compactMap { index in list[index].map { KernelTable(table: $0) } }
  }()
}

/// A pointer that operations hand to the threads of one parallel loop, each of which touches its own part.
struct Shared<Element>: @unchecked Sendable {
  let pointer: UnsafeMutablePointer<Element>

  init(_ pointer: UnsafeMutablePointer<Element>) { self.pointer = pointer }
}
