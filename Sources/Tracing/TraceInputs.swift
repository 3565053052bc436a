internal import Answering
internal import Checkpoints
package import Foundation
internal import Images
package import Models

/// The prompts of a file of tensors, as the reference cases hold them.
///
/// Every `….input_ids` is a prompt; its name without that ending is its prefix. A prompt with places for pictures takes
/// them from under its own prefix, or those without a prefix. A place is one −200 per picture, or one image token per row.
package struct TraceInputs {
  struct Entry {
    /// With its dot; empty for the first prompt.
    let prefix: String
    let prompt: Prompt
    /// Which of the rows of `input_ids` the prompt is, and how many there are.
    let batchIndex: Int
    let batchSize: Int
    /// Rows of the longest prompt of `input_ids`, and where this one's rows stand among them.
    var length: Int
    let places: [Int]
    /// The tokens to be learnt, one per row, −100 where there is none; nil for prompts that are to be answered.
    let labels: [Int]?
  }

  let entries: [Entry]
  /// Tokens of the longest prompt.
  package var longestPrompt: Int { entries.map(\.prompt.ids.count).max() ?? 0 }
  /// Tokens of the longest prompt that is answered; 0 if all are learnt from.
  package var longestAnswered: Int { entries.filter { $0.labels == nil }.map(\.prompt.ids.count).max() ?? 0 }

  package init(contentsOf url: URL, model: VisionLanguageModel) throws {
    let file = try SafetensorsFile(url)
    let ending = "input_ids"
    let prefixes = file.names.filter { $0 == ending || $0.hasSuffix(".\(ending)") }
      .map { String($0.dropLast(ending.count)) }.sorted()
    guard !prefixes.isEmpty else {
      throw AnswerError("\(url.path): there is no tensor input_ids, so there is nothing to run")
    }
    entries = try prefixes.flatMap { try Self.entries(file, prefix: $0, model: model) }
  }

  private static func entries(_ file: SafetensorsFile, prefix: String, model: VisionLanguageModel) throws
    -> [Entry]
  {
    let (path, name) = (file.url.path, prefix + "input_ids")
    let shape = try file.entry(name).shape
    guard shape.count == 2, shape[0] >= 1, shape[1] >= 1 else {
      throw AnswerError("\(path): \(name) has shape \(shape) but must be [prompts, tokens]")
    }
    let ids = try file.int64s(name).map { Int($0) }
    func beside(_ part: String) throws -> [Int]? {
      guard file.entries[prefix + part] != nil else { return nil }
      let values = try file.int64s(prefix + part).map { Int($0) }
      guard values.count == ids.count else {
        throw AnswerError("\(path): \(prefix)\(part) and \(name) differ in shape")
      }
      return values
    }
    let (labels, mask) = (try beside("labels"), try beside("attention_mask"))
    let kept = (0..<shape[0]).map { row in
      (0..<shape[1]).filter { mask?[row * shape[1] + $0] != 0 }
    }
    let prompts = kept.enumerated().map { row, places in places.map { ids[row * shape[1] + $0] } }
    let pictures = try TracePictures(file, prefix: prefix, prompts: prompts, model: model)
    var entries = try (0..<shape[0]).map { row in
      let (start, kept, tokens) = (row * shape[1], kept[row], prompts[row])
      let isMarked = tokens.contains(VisionLanguageSession.imagePlace)
      let images = pictures.ofPrompts[row]
      let prompt =
        try isMarked
        ? Prompt(marked: tokens, mark: VisionLanguageSession.imagePlace, images: images, model: model)
        : Prompt(expanded: tokens, images: images, model: model)
      return Entry(
        prefix: prefix, prompt: prompt, batchIndex: row, batchSize: shape[0], length: shape[1],
        places: isMarked ? Array(prompt.ids.indices) : kept,
        labels: labels.map { labels in
          expanded(kept.map { labels[start + $0] }, tokens, images, model)
        })
    }
    // Pictures made marked rows longer than their ids.
    if ids.contains(VisionLanguageSession.imagePlace) {
      let longest = entries.map(\.places.count).max() ?? 0
      for index in entries.indices { entries[index].length = longest }
    }
    return entries
  }

  /// Labels with −100 for every row of a marked picture.
  private static func expanded(
    _ labels: [Int], _ ids: [Int], _ images: [ImageInput], _ model: VisionLanguageModel
  )
    -> [Int]
  {
    var next = 0
    return zip(ids, labels).flatMap { id, label -> [Int] in
      guard id == VisionLanguageSession.imagePlace, let encoder = model.images else { return [label] }
      defer { next += 1 }
      return [Int](repeating: -100, count: encoder.tokenCount(of: images[next]))
    }
  }
}
