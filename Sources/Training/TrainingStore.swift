internal import Checkpoints
internal import Files
package import Foundation
internal import StrictJSON
package import Tensors

/// The state of a run on disk: weights, optimiser moments and the number of steps, written aside and then moved into
/// place, so that a killed run finds its last complete state.
package struct TrainingStore {
  let folder: URL

  /// - Parameter folder: The run's `output`.
  package init(folder: URL) { self.folder = folder }

  private var state: URL { folder.appendingPathComponent("state") }

  /// The number of steps that the stored state has seen; nil without a state.
  /// - Throws: `TrainingError` if there is a state but not the one that was written: starting over would replace it.
  func storedSteps() throws -> Int? {
    try AtomicFolder.recover(state)
    guard FileManager.default.fileExists(atPath: state.path) else { return nil }
    do {
      try AtomicFolder.verify(state)
      return try JSONObject.read(contentsOf: state.appendingPathComponent("run.json")).int("steps")
    } catch {
      throw TrainingError(
        "\(state.path): the stored state is damaged (\(error)); restore it from a copy, or delete it to start over"
      )
    }
  }

  /// Replaces the stored state.
  /// - Parameter fixed: Parameters that are kept with the state but not learnt.
  func save(_ optimizer: AdamW, fixed: [Parameter], steps: Int) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try AtomicFolder.write(to: state) { folder in
      var writer = SafetensorsWriter()
      for parameter in optimizer.parameters + fixed {
        try writer.add("parameter.\(parameter.name)", parameter.tensor)
      }
      for (parameter, moments) in zip(optimizer.parameters, optimizer.moments) {
        try writer.add("mean.\(parameter.name)", moments.mean)
        try writer.add("variance.\(parameter.name)", moments.variance)
      }
      try writer.write(to: folder.appendingPathComponent("state.safetensors"))
      let json = try JSONValue.object(JSONObject([("steps", JSONValue(steps))])).text()
      try AtomicFile.write(json, to: folder.appendingPathComponent("run.json"))
    }
  }

  /// Puts the stored weights into the parameters and the moments into the optimiser; `storedSteps` has checked them.
  func restore(_ optimizer: AdamW, fixed: [Parameter]) throws {
    let file = try weights
    try take(optimizer.parameters + fixed, from: file)
    optimizer.restore(
      try optimizer.parameters.map {
        AdamW.Moments(
          mean: try tensor("mean.\($0.name)", like: $0, from: file),
          variance: try tensor("variance.\($0.name)", like: $0, from: file))
      })
  }

  /// Puts the weights that a run has stored into parameters of the same names.
  /// - Throws: An error that names the file if it is missing, damaged or belongs to another model.
  package func take(_ parameters: [Parameter]) throws { try take(parameters, from: weights) }

  private func take(_ parameters: [Parameter], from file: SafetensorsFile) throws {
    for parameter in parameters {
      parameter.copy(try tensor("parameter.\(parameter.name)", like: parameter, from: file).floats())
    }
  }

  private var weights: SafetensorsFile {
    get throws { try SafetensorsFile(state.appendingPathComponent("state.safetensors")) }
  }

  private func tensor(_ name: String, like parameter: Parameter, from file: SafetensorsFile) throws -> Tensor
  {
    let tensor = try file.tensor(name)
    guard tensor.shape == parameter.shape else {
      throw TrainingError(
        "\(file.url.path): \(name) is \(tensor.shape) but the run file asks for \(parameter.shape); it belongs to another run"
      )
    }
    return tensor
  }
}
