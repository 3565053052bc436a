internal import CKernels

/// A copy of a float32 matrix as products read it, in panels of 64 outputs that lie side by side, so that no product must
/// transpose it first.
struct FloatPanels: Sendable {
  private let storage: Storage
  private let outputs, inputs: Int

  /// - Shape: tensor `[outputs, inputs]`, float32
  init(_ tensor: Tensor, backend: Backend) {
    let kernels = backend.kernels
    let panel = Int(GM_PANEL)
    (outputs, inputs) = (tensor.rows, tensor.width)
    let panels = (outputs + panel - 1) / panel
    storage = .of(bytes: panels * Int(kernels.functions.panel_bytes(GM_FLOAT32, Int64(inputs))), pool: nil)
    let values = Shared(storage.address.assumingMemoryBound(to: UInt8.self))
    let (outputs, inputs) = (outputs, inputs)
    backend.parallel(panels, threads: backend.usefulThreads(elements: tensor.count)) { part in
      let target = GMWeight(
        values: UnsafePointer(values.pointer), outputs: Int64(outputs), inputs: Int64(inputs),
        format: GM_FLOAT32,
        laid_out: 1)
      for index in part {
        let rows = min(panel, outputs - index * panel)
        withUnsafePointer(to: target) {
          kernels.functions.pack_panel(
            tensor.floatPointer + index * panel * inputs, Int64(rows), $0, Int64(index))
        }
      }
    }
  }

  /// What the kernels read.
  var weight: GMWeight {
    GMWeight(
      values: UnsafePointer(storage.address.assumingMemoryBound(to: UInt8.self)), outputs: Int64(outputs),
      inputs: Int64(inputs), format: GM_FLOAT32, laid_out: 1)
  }
}

extension Parameter {
  /// Keeps a copy of a float32 matrix beside it as products read it, which pays where these are many and the matrix does
  /// not change. Another value of the parameter lets go of it.
  package func layOut(_ backend: Backend) {
    guard case .plain(let tensor) = content, tensor.dtype == .float32, tensor.shape.count == 2,
      tensor.rows > Backend.fewOutputs, lowRankChange == nil, panels == nil, backend.multipliesFloats
    else { return }
    panels = FloatPanels(tensor, backend: backend)
  }
}
