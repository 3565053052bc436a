internal import Answering
package import Models
internal import Tensors
internal import Wording

extension SpeedComparison.Workload {
  /// Checks that a model has room for the rows, before memory is taken for them.
  /// - Throws: `AnswerError` that says how many fit; `ModelError` if a training step does not fit the memory.
  package func check(against model: VisionLanguageModel, memory: AvailableMemory = .current) throws {
    let decoder = model.decoder.configuration
    let (rows, overflow) = imageTokens.addingReportingOverflow(textTokens)
    guard !overflow, rows <= decoder.contextLength else {
      throw AnswerError(
        .promptTooLong,
        "\(imageTokens) image tokens and \(textTokens) text tokens are more than the \(decoder.contextLength) that the model reads; ask for fewer"
      )
    }
    // The first token comes out of the prompt's pass.
    guard decodeTokens <= decoder.contextLength - rows else {
      throw AnswerError(
        .promptTooLong,
        "\(decodeTokens) generated tokens do not fit behind a prompt of \(rows) into the model's \(decoder.contextLength); ask for fewer"
      )
    }
    guard isTraining else { return }
    // Weights have gradients, and every layer keeps its inputs until the way back: rows of the model's width and of the
    // MLP's, some of each.
    let weights = model.decoder.parameters.reduce(0) { $0 + $1.count } * DType.float32.size
    let row = (10 * decoder.hiddenSize + 4 * decoder.intermediateSize) * DType.float32.size
    let needed = Double(weights) + Double(rows) * Double(row) * Double(decoder.layerCount)
    guard needed <= Double(memory.bytes) else {
      throw ModelError(
        "a training step over \(counted(rows, "token")) takes about \(ByteCount.text(Int(min(needed, 1e18)))) beside the weights, and \(ByteCount.text(memory.bytes)) of memory are free; ask for fewer tokens"
      )
    }
  }
}
