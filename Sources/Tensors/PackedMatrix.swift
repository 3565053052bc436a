internal import CKernels

/// A weight matrix of few bits a number, stored as products read it: in panels of 64 outputs.
///
/// In this project's own formats each output has a bfloat16 scale per group of inputs, w ≈ scale · q. With 8 bits a group is
/// 128 inputs and q in −127…127; with 4 bits it is 32 inputs and q in −8…7, with the scale of the least squared error. The
/// formats of llama.cpp's files keep their bits and means, see ``Format``.
package struct PackedMatrix: Sendable {

  /// Shape of the tensor that was packed; its first axis counts outputs, the others together inputs.
  package let shape: Shape
  package let format: Format
  private let layout: Layout
  private let storage: Storage

  package var outputs: Int { shape.rows }
  package var inputs: Int { shape.width }

  /// - Parameter tensor: `[outputs, …]`, in float32 or bfloat16.
  package init(_ tensor: Tensor, format: Format, backend: Backend) {
    self.init(uninitialized: tensor.shape, format: format)
    let (matrix, kernels) = (self, backend.kernels)
    backend.parallel(layout.panels, threads: backend.usefulThreads(work: tensor.count * 64)) { part in
      for panel in part {
        let first = panel * Layout.panel
        let rows = tensor.rows(first..<min(first + Layout.panel, tensor.rows))
        let floats = backend.floats(of: rows, pool: nil)
        withExtendedLifetime(floats) {
          withUnsafePointer(to: matrix.weight) {
            kernels.functions.pack_panel(floats.floatPointer, Int64(rows.rows), $0, Int64(panel))
          }
        }
      }
    }
  }

  /// A matrix of a format of blocks from a file's blocks.
  /// - Parameters:
  ///   - lines: Where the blocks of each output begin; of the shape's first axis.
  ///   - shape: Its inputs are whole blocks.
  package init(
    lines: [UnsafeRawPointer], shape: some Collection<Int>, format: Format, backend: Backend
  ) {
    self.init(uninitialized: shape, format: format)
    precondition(lines.count == outputs, "\(lines.count) lines are no \(format) matrix \(shape)")
    let (matrix, kernels, source) = (
      self, backend.kernels, Lines(lines.map { $0.assumingMemoryBound(to: UInt8.self) })
    )
    backend.parallel(layout.panels, threads: backend.usefulThreads(elements: outputs * inputs)) { part in
      for panel in part {
        let first = panel * Layout.panel
        var some = source.lines[first..<min(first + Layout.panel, source.lines.count)].map { Optional($0) }
        withUnsafePointer(to: matrix.weight) {
          kernels.functions.pack_blocks(&some, Int64(some.count), $0, Int64(panel))
        }
      }
    }
  }

  /// Where a file's blocks begin, for the threads of one loop, which only read them.
  private struct Lines: @unchecked Sendable {
    let lines: [UnsafePointer<UInt8>]

    init(_ lines: [UnsafePointer<UInt8>]) { self.lines = lines }
  }

  /// A copy of what `withBytes` lent, made in pieces at the same time.
  package init(
    bytes source: UnsafeRawBufferPointer, shape: some Collection<Int>, format: Format, backend: Backend
  ) {
    self.init(uninitialized: shape, format: format)
    precondition(source.count == layout.bytes, "\(source.count) bytes are no \(format) matrix \(shape)")
    guard let start = source.baseAddress else { return }
    let piece = 1 << 20
    let (from, target) = (
      Shared(UnsafeMutableRawPointer(mutating: start).assumingMemoryBound(to: UInt8.self)), self
    )
    let pieces = (source.count + piece - 1) / piece
    backend.parallel(pieces, threads: min(backend.threads, pieces)) { part in
      let range = part.lowerBound * piece..<min(part.upperBound * piece, target.layout.bytes)
      (target.storage.address + range.lowerBound)
        .copyMemory(from: from.pointer + range.lowerBound, byteCount: range.count)
    }
  }

  /// Memory for a packed matrix whose bytes are undefined until they are written.
  private init(uninitialized shape: some Collection<Int>, format: Format) {
    let shape = Shape(shape)
    self.shape = shape
    self.format = format
    layout = Layout(shape, format)
    storage = Storage.of(bytes: layout.bytes, pool: nil)
  }

  /// Bytes that the matrix takes.
  package var byteCount: Int { layout.bytes }

  /// Lends everything that is stored, little-endian, for files.
  package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeRawBufferPointer(start: storage.address, count: layout.bytes))
  }

  /// Bytes that a matrix of `shape` takes.
  package static func byteCount(_ shape: some Collection<Int>, _ format: Format) -> Int {
    Layout(Shape(shape), format).bytes
  }

  /// The numbers that are meant.
  /// - Shape: `shape`, float32
  package func unpacked(pool: MemoryPool? = nil) -> Tensor {
    let result = Tensor(uninitialized: shape, pool: pool)
    for output in 0..<outputs { copy(output, to: result.floatPointer + output * inputs) }
    return result
  }

  /// The same matrix with every weight doubled, of a format of blocks: exact, or infinite where a factor is too large.
  package func doubled() -> PackedMatrix {
    precondition(format.block != nil, "only blocks are doubled, not \(format)")
    let result = PackedMatrix(uninitialized: shape, format: format)
    result.storage.address.copyMemory(from: storage.address, byteCount: layout.bytes)
    withUnsafePointer(to: result.weight) { weight in
      for panel in 0..<layout.panels {
        KernelTable.available[0].functions.double_blocks(weight, Int64(panel))
      }
    }
    return result
  }

  /// Whether no weight is NaN or infinite, which only scales could make them.
  package var isFinite: Bool {
    withUnsafePointer(to: weight) { weight in
      let functions = KernelTable.available[0].functions
      return withExtendedLifetime(storage) {
        (0..<layout.panels).allSatisfy { functions.has_finite_scales(weight, Int64($0)) != 0 }
      }
    }
  }

  /// The weights of one output.
  func copy(_ output: Int, to target: UnsafeMutablePointer<Float>) {
    precondition(output >= 0 && output < outputs, "output \(output) of \(shape)")
    withUnsafePointer(to: weight) {
      KernelTable.available[0].functions.unpack_row($0, Int64(output), target)
    }
  }

  /// What the kernels read.
  var weight: GMWeight {
    GMWeight(
      values: UnsafePointer(storage.address.assumingMemoryBound(to: UInt8.self)), outputs: Int64(outputs),
      inputs: Int64(inputs), format: format.kernel, laid_out: 0)
  }

  /// How much lies in the stored bytes: panels of outputs.
  private struct Layout: Sendable {
    static let panel = Int(GM_PANEL)
    let panels, bytes: Int

    init(_ shape: Shape, _ format: Format) {
      panels = (shape.rows + Self.panel - 1) / Self.panel
      bytes =
        panels
        * Int(KernelTable.available[0].functions.panel_bytes(format.kernel, Int64(shape.width)))
    }
  }
}
