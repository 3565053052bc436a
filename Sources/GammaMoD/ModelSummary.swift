public import Foundation
internal import Loading
internal import MixtureOfDepths
internal import Models

/// What a model's folder holds, and whether it can be loaded: from config.json and the headers of the weights only, so that it
/// is known at once for models of any size.
public struct ModelSummary: Sendable, CustomStringConvertible {
  /// The family, such as `llava`; nil if it is not supported.
  public let family: String?
  /// Why the model cannot be loaded, as a sentence; nil if it can.
  public let fault: String?
  /// Learnt numbers of all parts.
  public let parameters: Int
  /// Bytes that the weights take in memory, by their format.
  public let memoryBytes: [WeightFormat: Int]
  /// Layers of the decoder; nil if the family is not supported.
  public let layerCount: Int?
  /// The layers that skip tokens, ascending, counted from 0; none in a dense model.
  public let routedLayers: [Int]
  /// All findings for reading, the rules of routing among them, one a line.
  public let description: String

  /// Looks into a folder.
  /// - Parameters:
  ///   - folder: A checkpoint folder.
  ///   - families: The families that count as supported.
  /// - Throws: `.checkpoint` or `.json` if there is no such folder, or its config.json or headers cannot be read.
  public init(_ folder: URL, families: ModelFamilies = .standard) throws(GammaModError) {
    let inspection = try GammaModError.translating {
      try GammaInspection(folder, registry: families.registry)
    }
    family = inspection.model.family
    fault = inspection.reason
    parameters = inspection.parameters
    memoryBytes = Dictionary(
      uniqueKeysWithValues: WeightFormat.allCases.map { ($0, inspection.memory($0.precision)) })
    layerCount = inspection.model.sizes?.decoder.layerCount
    routedLayers = inspection.routing?.layers ?? []
    description = inspection.text
  }
}
