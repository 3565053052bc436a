internal import Answering
internal import Checkpoints
package import Foundation
internal import Images
package import Models
internal import Tensors

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
    var pictures = TracePictures(file, prefix: prefix, rows: shape[0])
    var entries = try (0..<shape[0]).map { row in
      let start = row * shape[1]
      let kept = (0..<shape[1]).filter { mask?[start + $0] != 0 }
      let tokens = kept.map { ids[start + $0] }
      let isMarked = tokens.contains(VisionLanguageSession.imagePlace)
      let hasPlaces = isMarked || tokens.contains { $0 == model.imageTokenID }
      let images = hasPlaces ? try pictures.next() : []
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

/// The pictures of a file of tensors, under the names that the families' own processors give them.
private struct TracePictures {
  private let file: SafetensorsFile
  private let prefix: String
  /// Prompts that share the tensors.
  private let rows: Int
  private var nextRow = 0

  init(_ file: SafetensorsFile, prefix: String, rows: Int) {
    (self.file, self.prefix, self.rows) = (file, prefix, rows)
  }

  private func name(_ candidates: String...) -> String? {
    candidates.flatMap { [prefix + $0, $0] }.first { file.entries[$0] != nil }
  }

  /// The pictures of the next prompt.
  mutating func next() throws -> [ImageInput] {
    defer { nextRow += 1 }
    guard let pixelName = name("pixel_values", "images") else { return [] }
    let pixels = try file.tensor(pixelName)
    let detail = try name("images_aux").map { try file.tensor($0) }
    let sizes = try name("image_sizes").map { try file.int64s($0).map { Int($0) } }
    let grids = try name("image_grid_thw").map { try file.int64s($0).map { Int($0) } }
    let mask = try name("pixel_attention_mask").map { try file.int64s($0).map { $0 != 0 } }
    func size(_ values: [Int]?, _ index: Int, _ stride: Int) -> ImageInput.Size? {
      guard let values, index * stride + stride <= values.count else { return nil }
      return .init(height: values[index * stride + stride - 2], width: values[index * stride + stride - 1])
    }
    switch pixels.shape.count {
    case 2:
      var start = 0
      let pictures = try (0..<(grids?.count ?? 0) / 3).map { index in
        let grid = size(grids, index, 3)
        let count = (grid?.height ?? 0).multipliedReportingOverflow(by: grid?.width ?? 0)
        guard !count.overflow, count.partialValue >= 0, count.partialValue <= pixels.rows - start else {
          throw AnswerError(
            "\(file.url.path): image_grid_thw asks for more patches than pixel_values holds")
        }
        defer { start += count.partialValue }
        return ImageInput(pixels: pixels.rows(start..<start + count.partialValue), grid: grid)
      }
      // One picture per prompt, or all for each.
      return pictures.count == rows && rows > 1 ? [pictures[nextRow]] : pictures
    case 3:
      // Patches of views, padded to as many; each view stands for a picture.
      guard let shapes = try name("spatial_shapes").map({ try file.int64s($0).map { Int($0) } }),
        shapes.count == 2 * pixels.rows
      else { throw AnswerError("\(file.url.path): spatial_shapes must say how high and wide each view is") }
      let own = pixels.rows == rows && rows > 1 ? nextRow..<nextRow + 1 : 0..<pixels.rows
      return try own.map { index in
        let grid = ImageInput.Size(height: shapes[2 * index], width: shapes[2 * index + 1])
        let count = grid.height.multipliedReportingOverflow(by: grid.width)
        guard !count.overflow, (0...pixels.shape[1]).contains(count.partialValue) else {
          throw AnswerError("\(file.url.path): spatial_shapes asks for more patches than pixel_values holds")
        }
        let view = pixels.rows(index..<index + 1).reshaped([pixels.shape[1], pixels.shape[2]])
        return ImageInput(pixels: view.rows(0..<count.partialValue), viewGrids: [grid])
      }
    case 4:
      // One picture per prompt, or all for one prompt.
      let own = pixels.rows == rows && rows > 1 ? nextRow..<nextRow + 1 : 0..<pixels.rows
      return own.map { index in
        ImageInput(
          pixels: pixels.rows(index..<index + 1), detail: detail.flatMap { Self.row($0, index) },
          originalSize: size(sizes, index, 2))
      }
    case 5:
      let own = pixels.rows == rows && rows > 1 ? nextRow..<nextRow + 1 : 0..<pixels.rows
      return own.map { index in
        let views = pixels.rows(index..<index + 1).reshaped(Array(pixels.shape[1...]))
        let each = mask.map { $0.count / pixels.rows } ?? 0
        return ImageInput(
          pixels: views, detail: detail.flatMap { Self.row($0, index) },
          mask: mask.map { Array($0[index * each..<(index + 1) * each]) }, originalSize: size(sizes, index, 2)
        )
      }
    default:
      throw AnswerError(
        "\(file.url.path): \(pixelName) has shape \(pixels.shape), which holds no pictures")
    }
  }

  private static func row(_ tensor: Tensor, _ index: Int) -> Tensor? {
    index < tensor.rows ? tensor.rows(index..<index + 1) : nil
  }
}
