import Checkpoints
import Files
import Foundation
import ModelTesting
import Models
import StrictJSON
import Tensors
import Testing

@testable import Loading
@testable import MixtureOfDepths

/// What headers and config.json say against what loading gives.
@Suite struct InspectionTests {
  @Test(arguments: [
    "gamma-llava-1.5", "llava-1.5-hf", "llava-1.5-hf-legacy-names", "llava-1.5-hf-module-names", "llama-text",
  ])
  func countsAreThoseOfTheLoadedModel(_ name: String) throws {
    let folder = ReferenceCase.folder(name)
    let inspection = try GammaInspection(folder)
    #expect(inspection.loadingFault == nil)
    for precision in WeightPrecision.choices {
      let model = try GammaModel.load(folder, precision: precision)
      let parameters = model.parameters
      #expect(inspection.parameters == parameters.reduce(0) { $0 + $1.count })
      #expect(inspection.memory(precision) == parameters.reduce(0) { $0 + $1.byteCount })
      #expect(inspection.model.vision.total == count(model.images?.towerParameters))
      #expect(inspection.model.projector.total == count(model.images?.projectorParameters))
      #expect(inspection.model.sizes?.tokensPerImage == model.images.map { $0.tokenCount(of: $0.blank) })
      #expect(inspection.routing == model.routing)
    }
  }

  private func count(_ parameters: [Parameter]?) -> Int {
    (parameters ?? []).reduce(0) { $0 + $1.count }
  }

  @Test func reportNamesEverything() throws {
    let json = try GammaInspection(ReferenceCase.folder("gamma-llava-1.5")).json
    // The tokenizer is missing.
    #expect(try !json.bool("supported") && json.string("reason").contains("tokenizer.json"))
    #expect(try json.string("family") == "llava")
    #expect(try json.int("image_tokens") == 25)
    #expect(try json.int("context_length") == 256)
    #expect(try json.object("parameters").int("total") == 159_584)
    #expect(try json.object("mod").ints("mod_layers_idx") == [2, 3, 4])
    #expect(try json.object("tensors").int("stored") == 119)
    #expect(try json.strings("missing_files").count == 2)
    #expect(try JSONValue(parsing: json.text(.pretty).utf8).object == json)
    let text = try GammaInspection(ReferenceCase.folder("gamma-llava-1.5")).text
    #expect(text.contains("159,584") && text.contains("3 of 6: 2, 3, 4"))
  }

  @Test(arguments: [
    (#""model_type":"llava""#, #""model_type":"bert""#, "bert"),
    (#""num_hidden_layers":6"#, #""num_hidden_layers":7"#, "9 missing"),
    (#""vocab_size":145"#, #""vocab_size":146"#, "2 of the wrong shape"),
    (#""num_hidden_layers":6"#, #""num_hidden_layers":5"#, "9 unexpected"),
    (#""num_hidden_layers":6"#, #""num_hidden_layers":1000000"#, "num_hidden_layers"),
    (#""max_position_embeddings":256"#, #""max_position_embeddings":"many""#, "max_position_embeddings"),
    (#""head_dim":12"#, #""head_dim":1048576"#, "positions"),
    (#""mod_layers_idx":[2,3,4]"#, #""mod_layers_idx":[2,3]"#, "layers.4.router.weight"),
    (#""mod_layers_idx":[2,3,4]"#, #""mod_layers_idx":[2,3,6]"#, "mod_layers_idx"),
  ])
  func reasonNamesTheFaultThatLoadingNames(_ old: String, _ new: String, _ fault: String) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID())")
    try FileManager.default.copyItem(at: ReferenceCase.folder("gamma-llava-1.5"), to: folder)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("config.json")
    let text = try JSONObject.read(contentsOf: file).text()
    #expect(text.contains(old))
    let changed = text.replacingOccurrences(of: old, with: new)
      .replacingOccurrences(
        of: #""max_position_embeddings":256,"#,
        with: {
          fault == "positions" ? #""max_position_embeddings":1048576,"# : #""max_position_embeddings":256,"#
        }())
    try FileManager.default.removeItem(at: file)
    try AtomicFile.write(changed, to: file)
    let inspection = try GammaInspection(folder)
    let reason = try #require(inspection.reason)
    #expect(reason.contains(fault), "\(reason)")
    #expect(try inspection.json.bool("supported") == false)
    let error = #expect(throws: (any Error).self) { try GammaModel.load(folder) }
    #expect(error.map { "\($0)" }?.contains(fault) == true)
  }

  @Test func whatCannotBeReadIsAnError() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID())")
    #expect(throws: CheckpointError.self) { try GammaInspection(folder) }
    try FileManager.default.copyItem(at: ReferenceCase.folder("gamma-llava-1.5"), to: folder)
    defer { try? FileManager.default.removeItem(at: folder) }
    let weights = folder.appendingPathComponent("model.safetensors")
    let bytes = try Data(contentsOf: weights)
    try FileManager.default.removeItem(at: weights)
    #expect(throws: CheckpointError.self) { try GammaInspection(folder) }
    try bytes.prefix(bytes.count / 2).write(to: weights)
    #expect(throws: CheckpointError.self) { try GammaInspection(folder) }
    try bytes.write(to: weights)
    #expect(try GammaInspection(folder).loadingFault == nil)
    try FileManager.default.removeItem(at: folder.appendingPathComponent("config.json"))
    #expect(throws: CheckpointError.self) { try GammaInspection(folder) }
  }
}
