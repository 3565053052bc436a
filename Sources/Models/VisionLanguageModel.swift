internal import Foundation
package import Images
package import StrictJSON
package import Tensors
package import Tokenization

/// A decoder and, unless it reads text only, the encoder of its pictures.
package struct VisionLanguageModel: Sendable {
  /// The family, which says how the model is asked and shown pictures.
  package let definition: any ModelFamily
  /// config.json.
  package let configuration: JSONObject
  package let decoder: TransformerDecoder
  package let images: (any ImageEncoder)?
  /// The token that stands for one image row in a prompt.
  package let imageTokenID: Int?
  /// What the checkpoint stores and the model does without; written back as it was.
  package var carried: [Parameter] = []
  /// What its users should know about how it was loaded, as sentences without their full stops.
  package var notices: [String] = []
  /// The configurations of towers beside config.json, by their paths in the model's folder.
  package var towerConfigurations: [String: JSONObject] = [:]
  /// The files of its tokenizer and preprocessor; nil for models that were made anew.
  package var documents: (any DocumentSource)?

  package init(
    _ definition: any ModelFamily, configuration: JSONObject, decoder: TransformerDecoder,
    images: (any ImageEncoder)? = nil, imageTokenID: Int? = nil
  ) {
    self.definition = definition
    self.configuration = configuration
    self.decoder = decoder
    self.images = images
    self.imageTokenID = imageTokenID
  }

  /// The family's name, as `inspect` prints it.
  package var family: String { definition.name }

  /// The conversation template that the model was trained with.
  package var template: ConversationTemplate { definition.template }

  /// What makes pictures the model's inputs; nil for models that read text only.
  /// - Parameter documents: Where preprocessor_config.json or processor_config.json is; by default what the model was loaded
  ///   with.
  /// - Throws: `JSONError` if a file cannot be read or asks for what is not supported.
  package func imageProcessor(_ documents: (any DocumentSource)? = nil) throws -> (any ImageProcessor)? {
    guard images != nil, let documents = documents ?? self.documents else { return nil }
    return try definition.imageProcessor(documents, configuration)
  }

  /// The same model with another decoder.
  package func replacingDecoder(_ decoder: TransformerDecoder, configuration: JSONObject? = nil)
    -> VisionLanguageModel
  {
    var model = VisionLanguageModel(
      definition, configuration: configuration ?? self.configuration, decoder: decoder, images: images,
      imageTokenID: imageTokenID)
    (model.carried, model.towerConfigurations, model.notices) = (carried, towerConfigurations, notices)
    model.documents = documents
    return model
  }

  /// All parameters, each once, in a fixed order.
  package var parameters: [Parameter] {
    imageParameters + decoder.parameters
  }

  /// All tensors under their names in a checkpoint.
  package var storedTensors: [(name: String, parameter: Parameter)] {
    (imageParameters + carried).map { ($0.name, $0) } + decoder.storedTensors
  }

  /// The format of the decoder's matrices.
  package var precision: WeightPrecision { decoder.precision }

  private var imageParameters: [Parameter] {
    (images?.towerParameters ?? []) + (images?.projectorParameters ?? [])
  }

  /// Float32 weights up to so many bytes are worth a second copy.
  private static let mostLaidOut = 256 << 20

  /// Lays the matrices of a small float32 model out as products read them. The model must not learn from then on.
  package func layOut(_ backend: Backend) {
    let matrices = parameters.filter { $0.precision == .float32 }
    guard matrices.reduce(0, { $0 + $1.byteCount }) <= Self.mostLaidOut else { return }
    for parameter in matrices { parameter.layOut(backend) }
  }

  /// The projected rows of pictures, one behind the other; nil if there are none.
  /// - Shape: `[n, width]`
  package func encode(_ inputs: [ImageInput], _ tape: Tape) -> Value? {
    guard let images else { return nil }
    let parts = inputs.map { images.encode($0, tape) }
    guard parts.count > 1 else { return parts.first }
    var next = 0
    let sources = parts.map { part in
      defer { next += part.rows }
      return RowSource(part, places: Array(next..<next + part.rows))
    }
    return tape.assemble(sources, rows: next)
  }

  /// The token rows of prompts with the image rows in their places.
  /// - Parameters:
  ///   - ids: Token ids; each id equal to `imageTokenID` takes the next image row.
  ///   - imageRows: The projected rows of all pictures, in the order of the prompts.
  /// - Shape: imageRows `[n, width]` → `[ids.count, width]`
  /// - Throws: If there are more or fewer places than rows.
  package func embed(_ ids: [Int], imageRows: Value?, _ tape: Tape) throws -> Value {
    let places = ids.indices.filter { ids[$0] == imageTokenID }
    let rows = imageRows?.rows ?? 0
    guard places.count == rows else {
      throw ModelError("the prompt has places for \(places.count) image tokens but the pictures have \(rows)")
    }
    if let wrong = ids.first(where: {
      $0 != imageTokenID && !(0..<decoder.configuration.vocabularySize).contains($0)
    }) {
      throw ModelError(
        "the token id \(wrong) is outside the vocabulary of \(decoder.configuration.vocabularySize); tokenizer and model do not belong together"
      )
    }
    guard let imageRows, rows > 0 else { return decoder.embed(ids, tape) }
    let others = ids.indices.filter { ids[$0] != imageTokenID }
    guard !others.isEmpty else { return imageRows }
    let text = decoder.embed(others.map { ids[$0] }, tape)
    return tape.assemble(
      [RowSource(text, places: others), RowSource(imageRows, places: places)], rows: ids.count)
  }
}
