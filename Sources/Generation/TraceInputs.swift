internal import Checkpoints
public import Foundation
public import Models
internal import Tensors

/// The prompts of a file of tensors, as the reference cases hold them.
///
/// Every `….input_ids` is a prompt; its name without that ending is its prefix. A prompt takes `….pixel_values` under its
/// own prefix, or those without a prefix; the prompt `text_only` takes none.
public struct TraceInputs {
  struct Entry {
    /// With its dot; empty for the first prompt.
    let prefix: String
    let prompt: Prompt
    /// Which of the rows of `input_ids` the prompt is, and how many there are.
    let batchIndex: Int
    let batchSize: Int
    /// Tokens in a row of `input_ids`, and those of them that are not padding.
    let length: Int
    let places: [Int]
    /// The tokens to be learnt, −100 where there is none; nil for prompts that are to be answered.
    let labels: [Int]?
  }

  let entries: [Entry]

  public init(contentsOf url: URL, model: VisionLanguageModel) throws {
    let file = try SafetensorsFile(url)
    let ending = "input_ids"
    let prefixes = file.names.filter { $0 == ending || $0.hasSuffix(".\(ending)") }
      .map { String($0.dropLast(ending.count)) }.sorted()
    guard !prefixes.isEmpty else {
      throw GenerationError("\(url.path): there is no tensor input_ids, so there is nothing to run")
    }
    entries = try prefixes.flatMap { prefix -> [Entry] in
      let shape = try file.entry(prefix + ending).shape
      guard shape.count == 2, shape[0] >= 1, shape[1] >= 1 else {
        throw GenerationError(
          "\(url.path): \(prefix + ending) has shape \(shape) but must be [prompts, tokens]")
      }
      let ids = try file.int64s(prefix + ending).map { Int($0) }
      let labels =
        file.entries[prefix + "labels"] == nil ? nil : try file.int64s(prefix + "labels").map { Int($0) }
      guard labels.map({ $0.count == ids.count }) ?? true else {
        throw GenerationError("\(url.path): \(prefix)labels and \(prefix + ending) differ in shape")
      }
      let mask =
        file.entries[prefix + "attention_mask"] == nil ? nil : try file.int64s(prefix + "attention_mask")
      guard mask.map({ $0.count == ids.count }) ?? true else {
        throw GenerationError("\(url.path): \(prefix)attention_mask and \(prefix + ending) differ in shape")
      }
      let pixels = try Self.pixels(file, prefix: prefix, model: model)
      return (0..<shape[0]).map { row in
        let start = row * shape[1]
        let places = (0..<shape[1]).filter { mask?[start + $0] != 0 }
        return Entry(
          prefix: prefix,
          prompt: Prompt(
            ids: places.map { ids[start + $0] }, imageTokenID: model.imageTokenID,
            pixels: pixels.map { $0.rows == shape[0] ? $0.rows(row..<row + 1) : $0 }),
          batchIndex: row, batchSize: shape[0], length: shape[1], places: places,
          labels: labels.map { labels in places.map { labels[start + $0] } })
      }
    }
  }

  private static func pixels(_ file: SafetensorsFile, prefix: String, model: VisionLanguageModel) throws
    -> Tensor?
  {
    guard let side = model.images?.imageSize, prefix != "text_only." else { return nil }
    let name = file.entries[prefix + "pixel_values"] == nil ? "pixel_values" : prefix + "pixel_values"
    guard file.entries[name] != nil else { return nil }
    let pixels = try file.tensor(name)
    guard pixels.shape.count == 4, Array(pixels.shape[1...]) == [3, side, side] else {
      throw GenerationError(
        "\(file.url.path): \(name) has shape \(pixels.shape) but the tower reads [pictures, 3, \(side), \(side)]"
      )
    }
    return pixels
  }
}
