package import Tensors

/// A layer of a decoder: every row comes out, changed or not.
package protocol DecoderLayer: Sendable {
  /// The layer's place in the decoder, from 0.
  var index: Int { get }
  /// - Shape: hidden `[batch rows, width]` → the same
  func forward(_ hidden: Value, _ pass: DecoderPass) -> Value
  /// What the layer learns, without parameters that it shares with other layers.
  var parameters: [Parameter] { get }
  /// Whether what becomes of a row may depend on rows behind it; prompts that begin alike then share nothing.
  var readsAhead: Bool { get }
  /// The tensors under which a checkpoint stores the layer: its parameters, and shared ones under this layer's name.
  var storedTensors: [(name: String, parameter: Parameter)] { get }
}

extension DecoderLayer {
  package var readsAhead: Bool { false }
  package var storedTensors: [(name: String, parameter: Parameter)] { parameters.map { ($0.name, $0) } }
}

/// Sees what happens inside a decoder, for traces and measurements.
package protocol DecoderObserver: AnyObject {
  /// The output of a layer, for all rows of the batch.
  func layer(_ index: Int, of batch: PackedBatch, finishedWith hidden: Tensor)
  /// The rotated queries and keys of a layer's attention, for the rows that the layer runs.
  /// - Parameter items: What the rows of each of the plan's ranges see that is not empty.
  func layer(
    _ index: Int, attends query: Tensor, key: Tensor, heads: AttentionHeads, items: [AttentionItem],
    of plan: LayerPlan)
}
