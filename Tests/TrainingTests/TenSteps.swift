import Checkpoints
import Foundation
import RunTesting
import StrictJSON
import Testing

@testable import Training

/// Ten steps of the original's training as PyTorch took them (`Tests/Fixtures/training/ten-steps`).
struct TenSteps {
  /// What is recorded of a step.
  struct Step {
    let nextToken: Double
    /// One for each routed layer.
    let auxiliary: [Double]
    let total: Double
    let gradientNorm: Double
    let rate: Double

    init(_ json: JSONObject) throws {
      nextToken = try json.double("ntp")
      auxiliary = try json.doubles("auxiliary")
      total = try json.double("total")
      gradientNorm = try json.double("gradient_norm")
      rate = try json.double("rate")
    }
  }

  let settings: AdamW.Settings
  let rate: LearningRate
  let steps: [Step]
  /// Ten steps of the optimiser alone.
  let optimizer: JSONObject
  let batches: SafetensorsFile
  let weights: SafetensorsFile

  init() throws {
    let folder = TinyRun.repository.appending(path: "Tests/Fixtures/training/ten-steps")
    let record = try JSONObject.read(contentsOf: folder.appending(path: "steps.json"))
    let json = try record.object("settings")
    settings = try AdamW.Settings(json)
    rate = try LearningRate(json, steps: json.int("steps"))
    steps = try record.objects("steps").map(Step.init)
    optimizer = try record.object("optimizer")
    batches = try SafetensorsFile(folder.appending(path: "batches.safetensors"))
    weights = try SafetensorsFile(folder.appending(path: "weights.safetensors"))
    try #require(steps.count == 10)
  }
}
