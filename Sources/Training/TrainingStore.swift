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

  var state: URL { folder.appendingPathComponent("state") }

  /// What a stored state says of itself.
  struct Stored {
    /// Steps that it has seen.
    let steps: Int
    /// Nil in states of a time when they did not say.
    let identity: RunIdentity?
  }

  /// The stored state; nil without one.
  /// - Throws: `TrainingError` if there is a state but not the one that was written: starting over would replace it.
  func stored() throws -> Stored? {
    try AtomicFolder.recover(state)
    guard FileManager.default.fileExists(atPath: state.path) else { return nil }
    do {
      try AtomicFolder.verify(state)
      let json = try JSONObject.read(contentsOf: state.appendingPathComponent("run.json"))
      return Stored(
        steps: try json.int("steps"), identity: try json.optionalObject("run").map(RunIdentity.init))
    } catch {
      throw TrainingError(
        "\(state.path): the stored state is damaged (\(error)); restore it from a copy, or delete it to start over"
      )
    }
  }

  /// Replaces the stored state.
  /// - Parameter fixed: Parameters that are kept with the state but not learnt.
  /// - Throws: `TrainingError` if a number is none; the state that was there stays.
  func save(_ optimizer: AdamW, fixed: [Parameter], steps: Int, identity: RunIdentity) throws {
    try Disk.createFolder(folder)
    var writer = SafetensorsWriter()
    func add(_ name: String, _ tensor: Tensor) throws {
      guard tensor.isFinite else {
        throw TrainingError(
          "step \(steps): \(name) holds NaN or infinity, so that its state is not kept; lower learning_rate, and go on from the last state in \(state.path) if there is one"
        )
      }
      try writer.add(name, tensor)
    }
    for parameter in optimizer.parameters + fixed { try add("parameter.\(parameter.name)", parameter.tensor) }
    for (parameter, moments) in zip(optimizer.parameters, optimizer.moments) {
      try add("mean.\(parameter.name)", moments.mean)
      try add("variance.\(parameter.name)", moments.variance)
    }
    try AtomicFolder.write(to: state) { folder in
      try writer.write(to: folder.appendingPathComponent("state.safetensors"))
      let json = JSONObject([("steps", JSONValue(steps)), ("run", .object(identity.values))])
      try AtomicFile.write(
        JSONValue.object(json).text(.pretty) + "\n", to: folder.appendingPathComponent("run.json"))
    }
  }

  /// Puts the stored weights into the parameters and the moments into the optimiser; `stored` has checked them.
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
