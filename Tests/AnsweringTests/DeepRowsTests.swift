import Foundation
import Loading
import MixtureOfDepths
import ModelTesting
import Models
import Tensors
import Testing

@testable import Answering
@testable import Tracing

/// What a tower adds to its rows between the decoder's first layers (DeepStack) reaches them whether they ran or not.
@Suite struct DeepRowsTests {
  private let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../Fixtures/models/qwen3-vl").standardized

  @Test(arguments: [0.5, 1]) func rowsThatSkipALayerReceiveTheirAdditions(_ skip: Double) throws {
    let dense = try GammaModel.load(folder)
    let inputs = try TraceInputs(
      contentsOf: folder.appendingPathComponent("inputs.safetensors"), model: dense)
    let prompt = try #require(inputs.entries.first { $0.prompt.pictures.count == 2 }).prompt
    var configuration = RoutingConfiguration(layers: [0, 1, 2, 3])
    configuration.prefill = .imageSkip(skip)
    let width = dense.decoder.configuration.hiddenSize
    let model = dense.routed(
      configuration,
      router: Parameter(name: "router.weight", tensor: TinyModel.rows(2, width: width, seed: 3)))

    let tape = Tape(backend: Backend())
    let rows = try model.embed(prompt.ids, imageRows: model.encode(prompt.images, tape), tape)
    #expect(rows.width == 4 * width)
    var batch = PackedBatch()
    batch.append(
      roles: prompt.roles, pictures: prompt.pictureOfRow, cache: SequenceCache(layers: 4), isDecoding: false,
      axes: prompt.axes)
    let recorder = RunRecorder()
    _ = model.decoder.forward(rows, DecoderPass(batch, tape: tape, observer: recorder))

    var before = tape.columns(rows, 0..<width).tensor
    for layer in 0..<4 {
      let ran = Set(try #require(recorder.routed[layer]).rows)
      let after = recorder.hidden[layer]
      let skipping = prompt.ids.indices.filter { !ran.contains($0) }
      #expect(skipping.count >= (skip == 1 ? prompt.imageRows : 3))
      for row in skipping {
        let own = before.rows(row..<row + 1).floats()
        let added =
          layer < 3 ? tape.columns(rows, (layer + 1) * width..<(layer + 2) * width).tensor : nil
        let more = added?.rows(row..<row + 1).floats() ?? [Float](repeating: 0, count: width)
        #expect(
          after.rows(row..<row + 1).floats() == zip(own, more).map { $0 + $1 }, "row \(row) in \(layer)")
        #expect(layer == 3 || prompt.pictureOfRow[row] < 0 || more.contains { $0 != 0 })
      }
      before = after
    }
  }
}
