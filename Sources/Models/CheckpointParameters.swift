internal import Checkpoints
internal import Foundation
internal import StrictJSON
package import Tensors

/// Parameters read from a checkpoint, converted as they are read, so that only one tensor exists twice at a time.
package final class CheckpointParameters: ParameterSource {
  /// A tensor on disk.
  private struct Place {
    let folder: CheckpointFolder
    let name: String
    /// Set where the tensor was written packed; `name` then has its suffix.
    let format: PackedMatrix.Format?
  }

  private let folder: CheckpointFolder
  private let precision: WeightPrecision?
  private let backend: Backend
  /// Places by the names of the family.
  private var stored: [String: Place] = [:]
  private var faults = TensorFaults()
  private var failure: (any Error)?
  private let onRead: (_ read: Int, _ all: Int) -> Void
  /// Bytes of the stored tensors that have been read, and of all.
  private var (read, all) = (0, 0)

  /// - Parameters:
  ///   - towers: Where to look for what the folder itself lacks.
  ///   - precision: How matrices and embeddings are held in memory; norms and biases are always float32. Nil leaves
  ///     packed tensors as they are stored and takes the others as float32.
  ///   - backend: What packs them.
  ///   - onRead: Receives how many bytes of the stored tensors have been read, and how many there are.
  ///   - familyName: Translates a name on disk into the family's, or nil for tensors that the model does without.
  init(
    _ folder: CheckpointFolder, towers: [TowerFolder] = [], precision: WeightPrecision?, backend: Backend,
    onRead: @escaping (_ read: Int, _ all: Int) -> Void = { _, _ in }, familyName: (String) -> String?
  ) throws {
    self.folder = folder
    self.precision = precision
    self.backend = backend
    self.onRead = onRead
    for name in folder.names {
      let (whole, format) = PackedMatrix.Format.split(name)
      guard let family = familyName(whole) else { continue }
      if let other = stored.updateValue(Place(folder: folder, name: name, format: format), forKey: family) {
        throw ModelError(
          "\(folder.url.path): the tensors \(other.name) and \(name) are two spellings of \(family); remove one of them"
        )
      }
    }
    for tower in towers {
      for name in tower.folder.names {
        guard let family = tower.name(name), stored[family] == nil else { continue }
        stored[family] = Place(folder: tower.folder, name: name, format: nil)
      }
    }
    all = try stored.values.reduce(0) { $0 + (try $1.folder.entry($1.name).range.count) }
    onRead(0, all)
  }

  package func parameter(
    _ name: String, _ shape: [Int], initial: InitialValue, role: WeightPrecision.Role
  ) -> Parameter {
    let placeholder = Parameter(name: name, tensor: Tensor([0], shape: [1]))
    guard failure == nil else { return placeholder }
    guard let place = stored.removeValue(forKey: name) else {
      faults.addMissing(name, shape)
      return placeholder
    }
    do {
      let parameter = try read(place, name, shape, role) ?? placeholder
      read += try place.folder.entry(place.name).range.count
      onRead(read, all)
      return parameter
    } catch {
      failure = error
      return placeholder
    }
  }

  /// Nil if what is stored does not fit `shape`, of which a note is made.
  private func read(_ place: Place, _ name: String, _ shape: [Int], _ role: WeightPrecision.Role) throws
    -> Parameter?
  {
    let entry = try place.folder.entry(place.name)
    if let format = place.format {
      let expected = [PackedMatrix.byteCount(shape, format)]
      guard entry.shape == expected else {
        faults.addMisshapen(place.name, is: entry.shape, shouldBe: expected)
        return nil
      }
      let matrix = try place.folder.packed(place.name, shape: shape, format, backend)
      guard let wanted = precision?.storage(role, shape: shape), wanted != .packed(format) else {
        return Parameter(name: name, packed: matrix)
      }
      return matrix.unpacked().stored(as: wanted, name: name, backend: backend)
    }
    guard entry.shape == shape else {
      faults.addMisshapen(place.name, is: entry.shape, shouldBe: shape)
      return nil
    }
    // What is looked at number by number, such as a convolution, is floats.
    if let format = entry.storedType.packedFormat, role != .other {
      let matrix = try place.folder.blocks(place.name, format, backend)
      guard let wanted = precision?.storage(role, shape: shape) else {
        return Parameter(name: name, packed: matrix)
      }
      return matrix.unpacked().stored(as: wanted, name: name, backend: backend)
    }
    switch (precision ?? .float32).storage(role, shape: shape) {
    case .plain(let dtype):
      return Parameter(name: name, tensor: try place.folder.tensor(place.name, as: dtype))
    case .packed(let format):
      let tensor = try place.folder.tensor(place.name, as: .float32)
      let matrix = PackedMatrix(tensor, format: format, backend: backend)
      guard matrix.isFinite else {
        throw ModelError(
          "\(try place.folder.path(of: place.name)): the numbers of tensor \(place.name) are too large for \(format.rawValue); keep them wider with --dtype f32"
        )
      }
      return Parameter(name: name, packed: matrix)
    }
  }

  /// Whether a tensor of that family name is stored and not used yet.
  package func contains(_ name: String) -> Bool { stored[name] != nil }

  /// - Throws: One error that lists every missing, mis-shaped and unexpected tensor.
  package func finish() throws {
    if let failure { throw failure }
    faults.unexpected = stored.values.map(\.name).sorted()
    if let sentence = faults.sentence { throw ModelError("\(folder.url.path): \(sentence)") }
  }
}
