internal import CKernels

#if canImport(COneDNN)
  internal import COneDNN
#elseif canImport(Dispatch)
  internal import Dispatch
#endif

/// Where operations run: which variant of the row kernels, which matrix library, how many threads.
///
/// A backend has no state that changes results; models, tapes and threads may share one.
public final class Backend: Sendable {
  /// How matrix products are computed.
  public enum MatrixLibrary: String, Sendable, CaseIterable {
    /// oneDNN on Linux, Accelerate on Apple platforms.
    case system
    /// The project's own C kernels: slower, the same everywhere.
    case portable
  }

  let kernels: KernelTable
  let matrixLibrary: MatrixLibrary
  let bfloat16Products: BFloat16Products?
  /// The most threads that one operation uses.
  public let threads: Int

  /// - Parameter kernels: The name of a kernel variant ("avx512", "avx2", "portable"); the fastest that this
  ///   processor can run if nil or unknown here.
  public init(kernels name: String? = nil, matrixLibrary: MatrixLibrary = .system, threads: Int = 1) {
    let variants = KernelTable.available
    kernels = variants.first { $0.name == name } ?? variants[0]
    self.matrixLibrary = matrixLibrary
    self.threads = max(1, threads)
    bfloat16Products = matrixLibrary == .system ? BFloat16Products.ifFast() : nil
  }

  /// Names of the kernel variants that this processor can run, fastest first.
  public static var kernelVariants: [String] { KernelTable.available.map(\.name) }

  /// Which kernels and matrix library this backend uses, for reports.
  public var summary: String {
    "\(kernels.name) kernels, \(matrixLibrary.rawValue) matrices, "
      + "bf16 \(bfloat16Products == nil ? "widened" : "native"), \(threads) thread\(threads == 1 ? "" : "s")"
  }

  /// How many threads pay for `work` floating-point operations; starting a second one costs some microseconds.
  func usefulThreads(work: Int) -> Int {
    max(1, min(threads, work / 20_000_000))
  }

  /// Calls `body` once for each of up to `threads` nearly equal parts of `0..<count`, at the same time.
  package func parallel(_ count: Int, threads wanted: Int, _ body: @Sendable (Range<Int>) -> Void) {
    let parts = min(wanted, count)
    guard parts > 1 else { return body(0..<count) }
    @Sendable func part(_ index: Int) -> Range<Int> { count * index / parts..<count * (index + 1) / parts }
    #if canImport(COneDNN)
      withoutActuallyEscaping(body) { body in
        let work = ParallelWork { index, team in
          // The team may turn out smaller than asked for.
          for share in stride(from: index, to: parts, by: team) { body(part(share)) }
        }
        withExtendedLifetime(work) {
          GOMP_parallel(
            { context in
              guard let context else { return }
              Unmanaged<ParallelWork>.fromOpaque(context).takeUnretainedValue()
                .run(Int(omp_get_thread_num()), Int(omp_get_num_threads()))
            }, Unmanaged.passUnretained(work).toOpaque(), UInt32(parts), 0)
        }
      }
    #elseif canImport(Dispatch)
      DispatchQueue.concurrentPerform(iterations: parts) { body(part($0)) }
    #else
      body(0..<count)
    #endif
  }
}

#if canImport(COneDNN)
  private final class ParallelWork: Sendable {
    let run: @Sendable (_ index: Int, _ team: Int) -> Void

    init(run: @escaping @Sendable (_ index: Int, _ team: Int) -> Void) { self.run = run }
  }
#endif

/// A variant of the C kernels.
///
/// Safe to share: it points at a constant table of functions.
struct KernelTable: @unchecked Sendable {
  private let table: UnsafePointer<GMKernels>

  var name: String { String(cString: table.pointee.name) }
  var lanes: Int { Int(table.pointee.lanes) }
  var functions: GMKernels { table.pointee }

  static var available: [KernelTable] {
    var count: Int32 = 0
    guard let list = gm_kernels(&count) else { return [] }
    return (0..<Int(count)).compactMap { index in list[index].map { KernelTable(table: $0) } }
  }
}

/// A pointer that operations hand to the threads of one parallel loop, each of which touches its own part.
struct Shared<Element>: @unchecked Sendable {
  let pointer: UnsafeMutablePointer<Element>

  init(_ pointer: UnsafeMutablePointer<Element>) { self.pointer = pointer }
}
