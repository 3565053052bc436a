import Checkpoints
import ModelTesting
import Models
import Tensors
import Testing

@testable import MixtureOfDepths

/// The training forward and backward pass against γ-MoD's released code.
@Suite struct TrainingReferenceTests {
  @Test(arguments: ["", "text_only."]) func lossesAndGradientsAreTheOriginals(_ prefix: String) throws {
    for backend in Backend.all {
      let run = try TrainingStep(prefix, backend: backend)
      try expectSameRouting(run, backend)
      try expectSameLosses(run, backend)
      try expectSameGradients(run, backend)
    }
  }

  private func expectSameRouting(_ run: TrainingStep, _ backend: Backend) throws {
    for layer in run.decoder.layers.indices {
      try run.expect("hidden.\(layer)", run.recorder.hidden[layer].floats(), within: 2e-4, backend)
    }
    let layers = try #require(run.routing?.layers)
    #expect(layers == [2, 3, 4])
    for layer in layers {
      let routed = try #require(run.recorder.routed[layer])
      try run.expect("route.logits.\(layer)", routed.logits.floats(), within: 1e-4, backend)
      try run.expect("route.prob.\(layer)", routed.probabilities.floats(), within: 1e-5, backend)
      let selected = try #require(try run.reference.integers("\(run.prefix)route.selected.\(layer)"))
      let perSequence = selected.count / run.sequences
      let rows = selected.indices.map { $0 / perSequence * run.length + selected[$0] }
      #expect(routed.rows == rows, "layer \(layer) with \(backend.summary)")
    }
  }

  private func expectSameLosses(_ run: TrainingStep, _ backend: Backend) throws {
    try run.expect("logits", run.logits.floats(), within: 1e-3, backend)
    try run.expect("loss.ntp", [run.answers], within: 1e-5, backend)
    try run.expect("loss.aux_per_layer", run.auxiliary, within: 1e-5, backend)
    try run.expect("loss.aux_scaled", [run.total - run.answers], within: 1e-5, backend)
    try run.expect("loss.total", [run.total], within: 1e-5, backend)
  }

  private func expectSameGradients(_ run: TrainingStep, _ backend: Backend) throws {
    var compared = 0
    for parameter in run.decoder.parameters {
      let stored = parameter === run.router ? "grad.router.weight" : "grad.\(parameter.name)"
      guard run.reference.outputs.names.contains(run.prefix + stored) else { continue }
      let gradient = try #require(run.gradients.gradient(of: parameter), "\(parameter.name)")
      try run.expect(stored, gradient.floats(), within: 1e-4, backend)
      compared += 1
    }
    // Nine tensors a layer, the embeddings, the last norm, the head and the router; a sample of them without pictures.
    #expect(compared == (run.prefix.isEmpty ? 6 * 9 + 4 : 4))
    if let imageRows = run.imageRows {
      // Image rows are the projector's output, so their gradients add up to that of its last bias.
      let gradient = try #require(run.tape.gradient(of: imageRows))
      var sums = [Float](repeating: 0, count: gradient.width)
      for (index, value) in gradient.floats().enumerated() { sums[index % sums.count] += value }
      try run.expect("grad.model.mm_projector.2.bias", sums, within: 1e-4, backend)
    }
  }
}
