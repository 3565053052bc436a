internal import Checkpoints
internal import Foundation
internal import StrictJSON
public import Tensors

/// Parameters read from a checkpoint, converted as they are read, so that only one tensor exists twice at a time.
public final class CheckpointParameters: ParameterSource {
  private let folder: CheckpointFolder
  private let dtype: DType
  /// Names on disk and their folders by the names of the family.
  private var stored: [String: (folder: CheckpointFolder, name: String)]
  private var faults = TensorFaults()
  private var failure: (any Error)?

  /// - Parameters:
  ///   - towers: Where to look for what the folder itself lacks.
  ///   - dtype: The format of matrices and embeddings in memory; norms and biases are always float32.
  ///   - familyName: Translates a name on disk into the family's, or nil for tensors that the model does without.
  init(_ folder: CheckpointFolder, towers: [TowerFolder] = [], dtype: DType, familyName: (String) -> String?)
    throws
  {
    self.folder = folder
    self.dtype = dtype
    stored = [:]
    for name in folder.names {
      guard let family = familyName(name) else { continue }
      if let other = stored.updateValue((folder, name), forKey: family) {
        throw ModelError(
          "\(folder.url.path): the tensors \(other.name) and \(name) are two spellings of \(family); remove one of them"
        )
      }
    }
    for tower in towers {
      for name in tower.folder.names {
        guard let family = tower.name(name), stored[family] == nil else { continue }
        stored[family] = (tower.folder, name)
      }
    }
  }

  public func parameter(_ name: String, _ shape: [Int], initial: InitialValue) -> Parameter {
    let placeholder = Parameter(name: name, tensor: Tensor([0], shape: [1]))
    guard failure == nil else { return placeholder }
    guard let key = stored.removeValue(forKey: name) else {
      faults.addMissing(name, shape)
      return placeholder
    }
    do {
      let entry = try key.folder.entry(key.name)
      guard entry.shape == shape else {
        faults.addMisshapen(key.name, is: entry.shape, shouldBe: shape)
        return placeholder
      }
      return Parameter(
        name: name, tensor: try key.folder.tensor(key.name, as: shape.count > 1 ? dtype : .float32))
    } catch {
      failure = error
      return placeholder
    }
  }

  /// Whether a tensor of that family name is stored and not used yet.
  package func contains(_ name: String) -> Bool { stored[name] != nil }

  /// - Throws: One error that lists every missing, mis-shaped and unexpected tensor.
  public func finish() throws {
    if let failure { throw failure }
    faults.unexpected = stored.values.map(\.name).sorted()
    if let sentence = faults.sentence { throw ModelError("\(folder.url.path): \(sentence)") }
  }
}
