internal import Answering
package import Foundation
internal import Images
internal import Loading
internal import MixtureOfDepths
internal import Models
internal import PocketWorld
package import StrictJSON
internal import Tensors
internal import Tokenization
package import Training

/// A stage in which a model learns to see and answer from the pocket world.
package struct PocketStage: TrainingStage {
  /// What is learnt.
  enum Kind: String, Sendable, CaseIterable {
    /// The decoder learns to answer about symbolic scenes: image rows are sums of label embeddings, no pixels.
    case symbols
    /// The tower learns what each patch shows; the projector learns the rows that the symbolic stage used.
    case patches
    /// Pictures and questions, end to end, dense or routed.
    case instruct
  }

  package static let keys =
    ["initial_decoder", "initial_images", "image_rows"] + WorldSettings.keys

  let kind: Kind
  /// Outputs of runs from which to take the decoder, or the tower and projector, when `model` has no weights.
  let initialDecoder: URL?
  let initialImages: URL?
  /// How many image rows a symbolic scene keeps; one of these, drawn for each picture. Empty means all.
  let imageRowCounts: [Int]
  let world: WorldSettings

  package init(_ json: JSONObject, from folder: URL) throws {
    kind = try json.choice("stage")
    initialDecoder = try json.optionalPath("initial_decoder", from: folder)
    initialImages = try json.optionalPath("initial_images", from: folder)
    imageRowCounts = try json.optionalInts("image_rows") ?? []
    let rows = 0...WorldRules.patchCount
    guard imageRowCounts.allSatisfy(rows.contains) else {
      throw json.error(
        at: "image_rows", "counts of rows from \(rows.lowerBound) to \(rows.upperBound) are needed")
    }
    world = try WorldSettings(json)
  }

  /// Scenes follow each other for ever.
  package var sampleCount: Int? { nil }

  /// Where first weights come from is no part of it: a state holds what they have become.
  package func identity() -> [(String, JSONValue)] {
    [("stage", .string(kind.rawValue)), ("image_rows", JSONValue(imageRowCounts))] + world.identity
  }

  package func lesson(
    _ run: RunConfiguration, onRead: @escaping (_ read: Int, _ all: Int) -> Void
  ) throws -> Lesson {
    let tokenizer = try TokenizerFolder.load(run.tokenizer)
    let model = try startingModel(run, tokenizer, onRead: onRead)
    let training = WorldExamples(world, split: .train, tokenizer: tokenizer)
    let validation = WorldExamples(WorldSettings(seed: world.seed), split: .val, tokenizer: tokenizer)
    switch kind {
    case .symbols:
      let tables = SymbolTables(model.decoder, from: RandomParameters(seed: run.seed))
      tables.copyWords(from: model.decoder, tokenizer: tokenizer)
      let task = SymbolTask(
        decoder: model.decoder, tables: tables, training: training, validation: validation,
        imageRowCounts: imageRowCounts, weighting: run.answerWeighting, seed: run.seed)
      return Lesson(model, task, parts: [.decoder], isNew: Self.isNew(run))
    case .patches:
      guard let images = model.images as? any SquareImageEncoder else {
        throw TrainingError(
          "this stage learns from square pictures, which a \(model.family) model does not read")
      }
      let tables = try learntTables(model.decoder)
      let heads = PatchHeads(featureWidth: images.featureWidth, from: RandomParameters(seed: run.seed))
      let task = PatchTask(
        images: images, heads: heads, tables: tables, training: training, validation: validation)
      return Lesson(
        model, task, parts: [.tower, .projector], fixed: tables?.parameters ?? [], isNew: Self.isNew(run))
    case .instruct:
      guard let images = model.images else {
        throw TrainingError("this stage learns from pictures, which a \(model.family) model does not read")
      }
      let isReadBySquares = images is any SquareImageEncoder || Self.isNew(run)
      let task = InstructTask(
        model: model, images: images,
        imageProcessor: isReadBySquares ? nil : try model.imageProcessor(FolderDocuments(run.model)),
        weighting: run.answerWeighting, training: training, validation: validation)
      return Lesson(model, task, isNew: Self.isNew(run))
    }
  }

  /// The tables that the symbolic stage has left.
  private func learntTables(_ decoder: TransformerDecoder) throws -> SymbolTables? {
    guard let initialDecoder else { return nil }
    let tables = SymbolTables(decoder, from: RandomParameters(seed: 0))
    try TrainingStore(folder: initialDecoder).take(tables.parameters)
    return tables
  }

  /// Whether the run's model is only a configuration, to be given new weights.
  private static func isNew(_ run: RunConfiguration) -> Bool { run.model.pathExtension == "json" }

  /// A stored model in float32, or new weights where `model` is only a configuration.
  private func startingModel(
    _ run: RunConfiguration, _ tokenizer: any TextTokenizer,
    onRead: @escaping (_ read: Int, _ all: Int) -> Void
  ) throws -> VisionLanguageModel {
    guard Self.isNew(run) else { return try GammaModel.load(run.model, onRead: onRead) }
    let model = try ModelRegistry.standard.random(JSONObject.read(contentsOf: run.model), seed: run.seed)
    MimeticInitialization.apply(to: model.decoder, tokenizer: tokenizer, seed: run.seed)
    if let images = model.images as? any SquareImageEncoder {
      MimeticInitialization.apply(to: images, seed: run.seed)
    }
    if let initialDecoder { try TrainingStore(folder: initialDecoder).take(model.decoder.parameters) }
    if let initialImages, let images = model.images {
      try TrainingStore(folder: initialImages).take(images.towerParameters + images.projectorParameters)
    }
    return model
  }
}
