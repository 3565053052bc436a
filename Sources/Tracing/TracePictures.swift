internal import Answering
internal import Checkpoints
internal import Foundation
internal import Images
internal import Models
internal import Tensors

/// The pictures of a file of tensors, under the names that the families' own processors give them.
struct TracePictures {
  /// Those of each prompt; none for prompts without a place for any.
  let ofPrompts: [[ImageInput]]

  /// - Parameter prompts: The ids of each, without padding.
  /// - Throws: If a tensor's shape holds no pictures, or a picture is not what the model reads.
  init(_ file: SafetensorsFile, prefix: String, prompts: [[Int]], model: VisionLanguageModel) throws {
    let mark = VisionLanguageSession.imagePlace
    let places = prompts.map { ids in ids.count { $0 == mark || $0 == model.imageTokenID } }
    let stored = PictureTensors(file, prefix: prefix)
    guard places.contains(where: { $0 > 0 }), let pixels = try stored.pixels(), let encoder = model.images
    else {
      ofPrompts = prompts.map { _ in [] }
      return
    }
    let pictures = try stored.pictures(pixels).map { encoder.unpadded($0) }
    for picture in pictures { try encoder.check(picture) }
    let counts = pictures.map { encoder.tokenCount(of: $0) }
    let isMarked = prompts.contains { $0.contains(mark) }
    if pictures.count == prompts.count, isMarked || pixels.shape.count == 5 && !stored.hasSizes {
      // What belongs to a prompt stands in its row, whether it has places or not.
      ofPrompts = zip(places, pictures).map { $0 > 0 ? [$1] : [] }
    } else if isMarked || counts.reduce(0, +) != places.reduce(0, +) {
      ofPrompts = places.map { $0 > 0 ? pictures : [] }
    } else {
      var next = 0
      ofPrompts = places.map { rows in
        let first = next
        var filled = 0
        while filled < rows, next < pictures.count {
          filled += counts[next]
          next += 1
        }
        return Array(pictures[first..<next])
      }
    }
  }
}

/// What a file holds of a prompt's pictures.
private struct PictureTensors {
  private let file: SafetensorsFile
  private let prefix: String

  init(_ file: SafetensorsFile, prefix: String) { (self.file, self.prefix) = (file, prefix) }

  private func name(_ candidates: String...) -> String? {
    candidates.flatMap { [prefix + $0, $0] }.first { file.entries[$0] != nil }
  }

  private func integers(_ candidate: String) throws -> [Int]? {
    try name(candidate).map { try file.int64s($0).map { Int($0) } }
  }

  private var pixelName: String? { name("pixel_values", "images") }

  /// Whether every picture has its size before preprocessing beside it.
  var hasSizes: Bool { name("image_sizes") != nil }

  func pixels() throws -> Tensor? { try pixelName.map { try file.tensor($0) } }

  /// Every picture, or in tensors of several views what stands in one row.
  func pictures(_ pixels: Tensor) throws -> [ImageInput] {
    let detail = try name("images_aux").map { try file.tensor($0) }
    let sizes = try integers("image_sizes")
    let mask = try integers("pixel_attention_mask")?.map { $0 != 0 }
    switch pixels.shape.count {
    case 2: return try patches(pixels)
    case 3: return try views(pixels)
    case 4:
      let views = try integers("num_patches") ?? [Int](repeating: 1, count: pixels.rows)
      var start = 0
      return try views.enumerated().map { index, count in
        guard count > 0, count <= pixels.rows - start else {
          throw AnswerError("\(file.url.path): num_patches asks for more views than pixel_values holds")
        }
        defer { start += count }
        return ImageInput(
          pixels: pixels.rows(start..<start + count), detail: detail.flatMap { Self.row($0, index) },
          originalSize: Self.size(sizes, index, 2))
      }
    case 5:
      let each = mask.map { $0.count / max(1, pixels.rows) } ?? 0
      return (0..<pixels.rows).map { index in
        ImageInput(
          pixels: pixels.rows(index..<index + 1).reshaped(Array(pixels.shape[1...])),
          detail: detail.flatMap { Self.row($0, index) },
          mask: mask.map { Array($0[index * each..<(index + 1) * each]) },
          originalSize: Self.size(sizes, index, 2))
      }
    default:
      throw AnswerError(
        "\(file.url.path): \(pixelName ?? "") has shape \(pixels.shape), which holds no pictures")
    }
  }

  private func patches(_ pixels: Tensor) throws -> [ImageInput] {
    let grids = try integers("image_grid_thw")
    var start = 0
    return try (0..<(grids?.count ?? 0) / 3).map { index in
      let grid = Self.size(grids, index, 3)
      let count = (grid?.height ?? 0).multipliedReportingOverflow(by: grid?.width ?? 0)
      guard !count.overflow, count.partialValue >= 0, count.partialValue <= pixels.rows - start else {
        throw AnswerError("\(file.url.path): image_grid_thw asks for more patches than pixel_values holds")
      }
      defer { start += count.partialValue }
      return ImageInput(pixels: pixels.rows(start..<start + count.partialValue), grid: grid)
    }
  }

  /// Views whose patches are filled up to as many; each stands for a picture.
  private func views(_ pixels: Tensor) throws -> [ImageInput] {
    guard let shapes = try integers("spatial_shapes"), shapes.count == 2 * pixels.rows else {
      throw AnswerError("\(file.url.path): spatial_shapes must say how high and wide each view is")
    }
    return try (0..<pixels.rows).map { index in
      let grid = ImageInput.Size(height: shapes[2 * index], width: shapes[2 * index + 1])
      let count = grid.height.multipliedReportingOverflow(by: grid.width)
      guard !count.overflow, (0...pixels.shape[1]).contains(count.partialValue) else {
        throw AnswerError("\(file.url.path): spatial_shapes asks for more patches than pixel_values holds")
      }
      let view = pixels.rows(index..<index + 1).reshaped([pixels.shape[1], pixels.shape[2]])
      return ImageInput(pixels: view.rows(0..<count.partialValue), viewGrids: [grid])
    }
  }

  private static func size(_ values: [Int]?, _ index: Int, _ stride: Int) -> ImageInput.Size? {
    guard let values, index * stride + stride <= values.count else { return nil }
    return .init(height: values[index * stride + stride - 2], width: values[index * stride + stride - 1])
  }

  private static func row(_ tensor: Tensor, _ index: Int) -> Tensor? {
    index < tensor.rows ? tensor.rows(index..<index + 1) : nil
  }
}
