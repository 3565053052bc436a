package import Checkpoints
package import Foundation
internal import MixtureOfDepths
internal import Models
internal import PocketTraining
package import StrictJSON
internal import Tensors
package import Training

/// Runs of a very small model in a folder of their own, which is deleted with this object.
package final class TinyRun {
  package let folder = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
    .appendingPathComponent("gamma-mod-tests-" + UUID().uuidString)

  package init() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Self.modelConfiguration.write(
      to: folder.appendingPathComponent("config.json"), atomically: true, encoding: .utf8)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  package static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  private static let modelConfiguration = """
    {"model_type": "llava", "image_token_index": 638, "vision_feature_layer": -1,
     "text_config": {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 3,
       "num_attention_heads": 2, "num_key_value_heads": 2, "max_position_embeddings": 512, "vocab_size": 640},
     "vision_config": {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2,
       "num_attention_heads": 2, "image_size": 96, "patch_size": 8}}
    """

  /// A run with an output folder of that name.
  package func configuration(_ name: String, stage: String, _ changes: [String: JSONValue] = [:]) throws
    -> TrainingRun
  {
    var members: [String: JSONValue] = [
      "stage": .string(stage), "model": .string(folder.appendingPathComponent("config.json").path),
      "tokenizer": .string(Self.repository.appendingPathComponent("models/pocket-tokenizer").path),
      "output": .string(output(name).path), "steps": 20, "pictures_per_step": 2, "learning_rate": 0.003,
      "warmup_steps": 4, "log_every": 1, "checkpoint_every": 5, "validation_pictures": 0,
    ]
    members.merge(changes) { $1 }
    return try TrainingRun(
      runFile: JSONObject(members.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }))
  }

  package func output(_ name: String) -> URL { folder.appendingPathComponent(name) }

  /// A checkpoint with new weights whose middle layer is routed.
  package func routedModel() throws -> URL {
    let url = folder.appendingPathComponent("routed-model")
    let json = try JSONObject.read(contentsOf: folder.appendingPathComponent("config.json"))
    let router = RandomParameters(seed: 5).parameter("router", [2, 32], initial: .normal(deviation: 0.2))
    var routing = RoutingConfiguration(layers: [1])
    routing.prefill = .imageSkip(0.5)
    let model = try ModelRegistry.standard.random(json, seed: 5).routed(routing, router: router)
    try ModelFolder.write(model, to: url, format: .plain(.float32), documents: FolderDocuments(folder))
    return url
  }

  /// Trains until `steps` steps are done.
  /// - Parameter atEnd: Called then, before the state is stored.
  package func train(
    _ run: TrainingRun, resume: Bool = false, allowsChanges: Bool = false, steps: Int = .max,
    report: (String) -> Void = { _ in }, atEnd: () -> Void = {}
  ) throws {
    var asked = 0
    try run.train(
      resume: resume, allowsChanges: allowsChanges, threads: 1,
      shouldStop: {
        defer { asked += 1 }
        if asked == steps { atEnd() }
        return asked == steps
      }, report: report)
  }

  /// Trains until `steps` steps are done, and leaves in another run's output what a kill would have left then: a run that
  /// ends stores its state first.
  package func train(_ run: TrainingRun, killedAfter steps: Int, leaving killed: TrainingRun) throws {
    try train(
      run, steps: steps,
      atEnd: {
        try? FileManager.default.copyItem(at: run.configuration.output, to: killed.configuration.output)
      })
  }

  /// Trains from the start and returns the loss of every step.
  package func losses(_ run: TrainingRun, threads: Int = 1) throws -> [Double] {
    try run.train(resume: false, threads: threads) { _ in }
    return try log(run).map { try $0.double("loss") }
  }

  /// The lines about training steps, in the order of the file.
  package func log(_ run: TrainingRun) throws -> [JSONObject] {
    let text = try String(
      contentsOf: run.configuration.output.appendingPathComponent("log.jsonl"), encoding: .utf8)
    return try text.split(separator: "\n").compactMap { line in
      let json = try JSONValue(parsing: Data(line.utf8), file: "log.jsonl").object
      return try json?.string("kind") == "train" ? json : nil
    }
  }

  package func bytes(_ run: TrainingRun, _ path: String) throws -> Data {
    try Data(contentsOf: run.configuration.output.appendingPathComponent(path))
  }

  /// The stored weights and moments.
  package func state(_ run: TrainingRun) throws -> SafetensorsFile {
    try SafetensorsFile(run.configuration.output.appendingPathComponent("state/state.safetensors"))
  }
}
