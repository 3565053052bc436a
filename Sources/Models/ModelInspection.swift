package import Checkpoints
package import Foundation
package import Images
internal import StrictJSON
package import Tensors

/// What a model's folder holds, from config.json, the headers of the weights and the names of the other files alone.
package struct ModelInspection: Sendable {
  /// Numbers that a part of the model learnt.
  package struct PartSize: Sendable, Equatable {
    package private(set) var total = 0
    /// Bytes that they take in memory.
    package private(set) var bytes: [WeightPrecision: Int] = [:]

    /// - Parameter stored: The format in which the numbers are kept where no other is asked for.
    mutating func add(_ shape: [Int], _ role: WeightPrecision.Role, stored: WeightPrecision.Storage? = nil) {
      total += shape.reduce(1, *)
      bytes[.blocks, default: 0] += (stored ?? .plain(.float32)).byteCount(shape)
      for precision in WeightPrecision.choices {
        bytes[precision, default: 0] += precision.storage(role, shape: shape).byteCount(shape)
      }
    }
  }

  /// The sizes that a supported family's configuration gives.
  package struct Sizes: Sendable {
    package let decoder: DecoderConfiguration
    /// Rows of the decoder that a picture takes; nil for models that read text only.
    package let tokensPerImage: Int?
    /// Side of the square picture that the tower reads, in pixels.
    package let imageSize: Int?
    /// Says how many rows a picture takes; its parameters are placeholders without values.
    package let images: (any ImageEncoder)?
  }

  package let url: URL
  private let documents: any DocumentSource
  private let json: JSONObject
  /// `model_type` in config.json.
  package let modelType: String
  /// Nil if it is not supported.
  package let definition: (any ModelFamily)?
  /// Nil if the configuration is not supported.
  package let sizes: Sizes?
  /// Why the configuration is not supported, as a sentence; nil if it is.
  package let configurationFault: String?
  /// Tensors that do not fit the configuration; empty for unsupported ones.
  package let faults: TensorFaults
  package let vision: PartSize
  package let projector: PartSize
  /// Everything else; for unsupported models this is the whole model.
  package let decoder: PartSize
  /// How many tensors there are of each number format in the files.
  package let storedTypes: [StoredType: Int]
  /// Files that belong to such a model and are not there.
  package let missingFiles: [String]
  /// Those of them without which it cannot answer; for others there are usual values.
  package let neededFiles: [String]

  /// - Parameters:
  ///   - registry: The families that are supported.
  ///   - isForeign: Stored names that are no part of the dense model and that the caller looks at.
  /// - Throws: `CheckpointError` or `JSONError` if there is no such folder, or its config.json or weights cannot be read.
  package init(
    _ folder: CheckpointFolder, registry: ModelRegistry = .standard,
    isForeign: (String) -> Bool = { _ in false }
  ) throws {
    url = folder.url
    documents = folder.documents
    let json = try folder.config()
    self.json = json
    modelType = try json.optionalString("model_type") ?? "none"
    let entries = try folder.names.map { try folder.entry($0) }
    storedTypes = entries.reduce(into: [:]) { $0[$1.storedType, default: 0] += 1 }
    var (vision, projector, decoder) = (PartSize(), PartSize(), PartSize())
    var faults = TensorFaults()
    let preparesPictures: Bool
    do {
      let json = registry.known(json)
      let known = try registry.family(ModelFiles(json: json, folder: folder))
      let recorder = ShapeRecorder()
      let model = known.model(json, from: recorder)
      let tower = Set((model.images?.towerParameters ?? []).map(\.name))
      let bridge = Set((model.images?.projectorParameters ?? []).map(\.name))
      var wanted = Dictionary(recorder.shapes.map { ($0.name, (shape: $0.shape, role: $0.role)) }) {
        first, _ in first
      }
      let inTowers = try known.towers.flatMap { tower in
        try tower.folder.names.compactMap { name in
          try tower.name(name).map { (name: $0, entry: try tower.folder.entry(name)) }
        }
      }
      let own = entries.filter { !isForeign($0.name) }.compactMap { entry in
        known.name(ofStored: PackedMatrix.Format.split(entry.name).name).map { (name: $0, entry: entry) }
      }
      for (name, entry) in own + inTowers {
        guard let (shape, role) = wanted.removeValue(forKey: name) else {
          faults.unexpected.append(entry.name)
          continue
        }
        let format = PackedMatrix.Format.split(entry.name).format
        let expected = format.map { [PackedMatrix.byteCount(shape, $0)] } ?? shape
        if expected != entry.shape { faults.addMisshapen(entry.name, is: entry.shape, shouldBe: expected) }
        if format == nil, !entry.storedType.isFloatingPoint {
          faults.addUnreadable(entry.name, entry.storedType.rawValue)
        }
        let blocks = role == .other ? nil : entry.storedType.packedFormat
        let stored = (format ?? blocks).map { WeightPrecision.Storage.packed($0) }
        if tower.contains(name) {
          vision.add(shape, role, stored: stored)
        } else if bridge.contains(name) {
          projector.add(shape, role, stored: stored)
        } else {
          decoder.add(shape, role, stored: stored)
        }
      }
      for (name, shape, _) in recorder.shapes where wanted[name] != nil { faults.addMissing(name, shape) }
      faults.unexpected.sort()
      definition = known
      // Models in their makers' own layouts bring no such file and follow CLIP's rules.
      preparesPictures = model.imageTokenID.map { $0 >= 0 } ?? false
      configurationFault = nil
      sizes = Sizes(
        decoder: model.decoder.configuration,
        tokensPerImage: model.images.map { $0.tokenCount(of: $0.blank) },
        imageSize: model.images.map { $0.blank.pixels.shape.last ?? 0 }, images: model.images)
    } catch let error where error is ModelError || error is JSONError {
      definition = nil
      preparesPictures = false
      configurationFault = "\(error)"
      sizes = nil
      for entry in entries where entry.storedType.isFloatingPoint { decoder.add(entry.shape, .matrix) }
    }
    (self.vision, self.projector, self.decoder, self.faults) = (vision, projector, decoder, faults)
    let tokenizer = Self.hasTokenizer(folder) ? [] : ["tokenizer.model or tokenizer.json"]
    let hasProcessor = ["preprocessor_config.json", "processor_config.json"].contains(where: folder.contains)
    let processor =
      preparesPictures && !hasProcessor ? ["preprocessor_config.json or processor_config.json"] : []
    missingFiles = tokenizer + processor
    neededFiles = tokenizer + (definition?.pictureSide == nil ? processor : [])
  }

  /// The family's name; nil if it is not supported.
  package var family: String? { definition?.name }

  /// Why the model cannot be loaded, as a sentence; nil if it can.
  package var reason: String? {
    configurationFault ?? faults.sentence.map { "\(url.path): \($0)" }
  }

  /// What makes pictures the model's inputs; nil if it reads text only or is not supported.
  /// - Throws: `JSONError` if a file cannot be read or asks for what is not supported.
  package func imageProcessor() throws -> (any ImageProcessor)? {
    guard let definition, sizes?.images != nil else { return nil }
    return try definition.imageProcessor(documents, json)
  }

  /// Learnt numbers of all parts.
  package var parameters: Int { vision.total + projector.total + decoder.total }

  /// Bytes that the weights take in memory.
  package func memory(_ precision: WeightPrecision) -> Int {
    [vision, projector, decoder].reduce(0) { $0 + ($1.bytes[precision] ?? 0) }
  }

  private static func hasTokenizer(_ folder: CheckpointFolder) -> Bool {
    ["tokenizer.model", "tokenizer.json"].contains(where: folder.contains)
      || ["vocab.json", "merges.txt"].allSatisfy(folder.contains)
  }
}
