internal import Foundation
package import Images
package import Loading
internal import MixtureOfDepths
package import Models
internal import StrictJSON
internal import Synchronization
package import Tensors
package import Tokenization
internal import Wording

/// A model with its tokenizer and picture preprocessing, ready to be asked.
package final class VisionLanguageSession: Sendable {
  package let model: VisionLanguageModel
  package let tokenizer: any TextTokenizer
  package let template: ConversationTemplate
  /// The chat template that came with the model and writes its prompts; nil where `template` does.
  package let ownTemplate: TurnTemplate?
  package let backend: Backend
  /// Nil for models that read text only.
  package let imageProcessor: (any ImageProcessor)?
  /// The ids after which an answer is complete.
  package let endIDs: Set<Int>
  /// Told what users should know: a template that the tokenizer does not know, more pictures than the model is used to.
  private let notify: @Sendable (String) -> Void
  /// Whether `notify` was told about several pictures; once is enough.
  private let hasToldOfPictures = Atomic(false)

  /// - Parameters:
  ///   - place: A checkpoint folder with its tokenizer's files, or a GGUF file.
  ///   - template: By default the chat template that came with the model, otherwise the one that its family was trained with.
  ///   - system: What the model is told before the conversation; nil for the template's own words.
  ///   - threads: The most threads that one operation uses.
  ///   - registry: The families that are known.
  ///   - onRead: Receives how many bytes of the weights have been read, and how many there are.
  ///   - notify: Receives what users should know, as sentences without their full stops.
  package convenience init(
    _ place: some ModelPlacing, precision: WeightPrecision? = nil, routing: GammaModel.Routing = .asStored,
    template: ConversationTemplate? = nil, system: String? = nil,
    threads: Int, registry: ModelRegistry = .standard,
    onRead: @escaping (_ read: Int, _ all: Int) -> Void = { _, _ in },
    notify: @escaping @Sendable (String) -> Void = { _ in }
  ) throws {
    let model = try GammaModel.load(
      place, precision: precision, routing: routing, registry: registry, onRead: onRead)
    let files = model.documents ?? FolderDocuments(place.modelPlace.url)
    let usual = template ?? model.template
    let tokenizer = try TokenizerFolder.load(files)
    let own = template == nil ? try Self.ownTemplate(files, model, tokenizer, system: system) : nil
    let isOwnUsed = own.map { $0.writesPictures || model.images == nil } ?? false
    self.init(
      model: model, tokenizer: tokenizer, template: system.map(usual.withSystem) ?? usual,
      ownTemplate: isOwnUsed ? own : nil,
      furtherEndIDs: isOwnUsed ? try TokenizerFolder.generationEnds(files) : [],
      backend: Backend(threads: threads), imageProcessor: try model.imageProcessor(), notify: notify)
    for notice in model.notices { notify(notice) }
    if own != nil, !isOwnUsed {
      notify("\(files.path): the chat template writes no pictures, so the template \(usual.name) is used")
    }
    if ownTemplate == nil { for notice in self.template.faults(with: self.tokenizer) { notify(notice) } }
  }

  /// The chat template in a folder, asked how it wants texts and pictures.
  private static func ownTemplate(
    _ files: any DocumentSource, _ model: VisionLanguageModel, _ tokenizer: any TextTokenizer, system: String?
  ) throws -> TurnTemplate? {
    guard let template = try TokenizerFolder.chatTemplate(files) else { return nil }
    let mark = model.definition.pictureMark ?? model.imageTokenID.flatMap(tokenizer.piece)
    return try TurnTemplate(
      template, system: system, pictureMark: model.images == nil ? nil : mark ?? PromptText.pictureMark)
  }

  /// A session over parts that are already there.
  package init(
    model: VisionLanguageModel, tokenizer: any TextTokenizer, template: ConversationTemplate,
    ownTemplate: TurnTemplate? = nil, furtherEndIDs: some Sequence<Int> = [],
    backend: Backend, imageProcessor: (any ImageProcessor)?,
    notify: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.model = model
    self.notify = notify
    self.template = template
    self.ownTemplate = ownTemplate
    self.backend = backend
    self.imageProcessor = imageProcessor
    model.layOut(backend)
    endIDs = Self.endIDs(tokenizer, template, ownTemplate).union(furtherEndIDs)
    // What ends an answer or stands for a picture is not spelt by a user, whatever the tokenizer's files call it.
    self.tokenizer = tokenizer.reserving(endIDs.union(model.imageTokenID.map { [$0] } ?? []))
  }

  /// The end of the text, and the templates' own ends of an answer where they are one token.
  private static func endIDs(
    _ tokenizer: any TextTokenizer, _ template: ConversationTemplate, _ own: TurnTemplate?
  ) -> Set<Int> {
    let stops = template.stopStrings.map { tokenizer.encode($0, addBOS: false) }.filter { $0.count == 1 }
    let ownEnd = own.flatMap {
      tokenizer.encode($0.answerEnd, addBOS: false).first(where: tokenizer.isSpecial)
    }
    return Set(stops.joined() + [tokenizer.eosID, ownEnd].compactMap { $0 })
  }

  /// A prompt about some pictures, cut and tokenised by the conversation's rules.
  /// - Parameter messages: Their parts mark the pictures' places, in order; pictures without a place go to the front of
  ///   the last user message.
  package func prompt(_ messages: [ConversationMessage], images: [PixelImage]) throws -> Prompt {
    guard images.isEmpty || model.images != nil && imageProcessor != nil else {
      throw AnswerError("a \(model.family) model reads text only, not pictures")
    }
    let placed = placing(images.count, in: messages)
    var text = try ownTemplate?.prompt(placed, tokenizer) ?? template.prompt(placed)
    let addsBOS = ownTemplate?.wantsBOS(text) ?? true
    guard text.pictureCount == images.count else {
      throw AnswerError(
        "the conversation marks \(counted(text.pictureCount, "picture")) but \(counted(images.count, "is", "are")) given"
      )
    }
    if let usual = model.definition.picturesPerPrompt, images.count > usual,
      !hasToldOfPictures.exchange(true, ordering: .relaxed)
    {
      notify(
        "\(counted(images.count, "picture is", "pictures are")) given, but \(model.family) models are trained on \(usual) a prompt; answers may mix them up"
      )
    }
    let inputs = try images.compactMap { try imageProcessor?.process($0) }
    let grids = inputs.map { PictureGrid(rows: $0.grid?.height ?? 0, columns: $0.grid?.width ?? 0) }
    text = try template.tilingPictures(in: text, grids: grids)
    // A model may have said what stands for a picture in prompts.
    text = text.replacing { part in
      guard case .tokens(let ids) = part else { return nil }
      return .tokens(ids.filter { $0 != model.imageTokenID && $0 != Self.imagePlace })
    }
    let ids = text.ids(tokenizer, pictureID: Self.imagePlace, addsBOS: addsBOS)
    guard model.images != nil else { return try Prompt(ids: ids, imageTokenID: nil, pictures: []) }
    return try Prompt(marked: ids, mark: Self.imagePlace, images: inputs, model: model)
  }

  /// The messages with places for as many pictures, where the last question has none of its own.
  private func placing(_ count: Int, in messages: [ConversationMessage]) -> [ConversationMessage] {
    let missing = count - messages.reduce(0) { $0 + ($1.content?.pictureCount ?? 0) }
    guard missing > 0, let last = messages.lastIndex(where: { $0.role == .user }),
      let content = messages[last].content, content.pictureCount == 0
    else { return messages }
    var messages = messages
    messages[last].content = .pictures(missing) + content
    return messages
  }

  /// Marks a picture's place among token ids, as in LLaVA's code.
  package static let imagePlace = PromptText.pictureID
}

extension VisionLanguageSession {
  /// Sessions that may answer at the same time, all with this one's weights: small models answer faster side by side,
  /// large ones with all threads on one operation.
  package var lanes: [VisionLanguageSession] {
    let small = 100_000_000
    let parameters = model.decoder.parameters.reduce(0) { $0 + $1.count }
    guard backend.threads > 1, parameters < small else { return [self] }
    // More than there are processors would only share out the memory.
    let lanes = min(backend.threads, ProcessInfo.processInfo.activeProcessorCount)
    return (0..<lanes).map { _ in VisionLanguageSession(self, backend: Backend()) }
  }

  private convenience init(_ other: VisionLanguageSession, backend: Backend) {
    self.init(
      model: other.model, tokenizer: other.tokenizer, template: other.template,
      ownTemplate: other.ownTemplate,
      furtherEndIDs: other.endIDs, backend: backend, imageProcessor: other.imageProcessor,
      notify: other.notify)
  }
}
