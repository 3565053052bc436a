package import Images
package import Models

/// Token ids with one id per image row, and the pictures that fill these rows.
package struct Prompt: Sendable {
  package let ids: [Int]
  package let imageTokenID: Int?
  /// In the order of their places.
  package let images: [ImageInput]
  /// Where the rows stand on several axes, for models that count so.
  package let axes: AxisPlaces?

  package init(ids: [Int], imageTokenID: Int?, images: [ImageInput], axes: AxisPlaces? = nil) {
    self.ids = ids
    self.imageTokenID = imageTokenID
    self.images = images
    self.axes = axes
  }

  package var imageRows: Int { ids.count { $0 == imageTokenID } }

  /// One role per row.
  package var roles: [RowRole] {
    let first = ids.firstIndex { $0 == imageTokenID } ?? 0
    return ids.indices.map { ids[$0] == imageTokenID ? .image : $0 < first ? .preamble : .prompt }
  }

  /// How many rows this prompt and another have in common at their start, if that part holds all pictures of both and
  /// these are the same.
  func sharedPrefix(with other: Prompt) -> Int {
    let common = zip(ids, other.ids).prefix { $0 == $1 }.count
    let lastImage = max(
      ids.lastIndex { $0 == imageTokenID } ?? -1, other.ids.lastIndex { $0 == other.imageTokenID } ?? -1)
    guard lastImage >= 0, common > lastImage, images == other.images else { return 0 }
    // At least one row must remain to answer from.
    return min(common, ids.count - 1, other.ids.count - 1)
  }

  /// A prompt of ids in which a mark stands for each picture, or for each view of it.
  /// - Throws: If there are more or fewer marks than pictures, or a picture is not what the model reads.
  package init(marked ids: [Int], mark: Int, images: [ImageInput], model: VisionLanguageModel) throws {
    guard let encoder = model.images, let imageID = model.imageTokenID else {
      throw GenerationError("a \(model.family) model reads text only, not pictures")
    }
    for image in images { try encoder.check(image) }
    let marks = ids.count { $0 == mark }
    var rowsPerMark = images.map { encoder.tokenCount(of: $0) }
    if marks != images.count, marks == images.reduce(0, { $0 + $1.views }) {
      rowsPerMark = images.flatMap { image in
        [Int](repeating: encoder.tokenCount(of: image) / image.views, count: image.views)
      }
    }
    guard marks == rowsPerMark.count else {
      throw GenerationError("the prompt marks \(marks) pictures but \(images.count) are given")
    }
    var next = 0
    let rows = ids.flatMap { id -> [Int] in
      guard id == mark else { return [id] }
      defer { next += 1 }
      return [Int](repeating: imageID, count: rowsPerMark[next])
    }
    try self.init(expanded: rows, images: images, model: model)
  }

  /// A prompt of ids that hold one image id for every row of its pictures.
  package init(expanded ids: [Int], images: [ImageInput], model: VisionLanguageModel) throws {
    for image in images { try model.images?.check(image) }
    let axes = model.imageTokenID.flatMap { id in
      model.images?.axisPlaces(ids, imageTokenID: id, inputs: images)
    }
    self.init(ids: ids, imageTokenID: model.imageTokenID, images: images, axes: axes)
  }
}
