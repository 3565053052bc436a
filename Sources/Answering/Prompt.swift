package import Images
package import Models
package import Tensors

/// A picture of a prompt.
package struct PromptPicture: Sendable {
  /// Where its rows come from.
  package enum Content: Sendable {
    /// The encoder makes them.
    case input(ImageInput)
    /// They are there already.
    case rows(Tensor)
  }

  package let content: Content
  /// Rows of the decoder that it takes.
  package let rowCount: Int

  package init(content: Content, rowCount: Int) {
    self.content = content
    self.rowCount = rowCount
  }
}

/// Token ids with one id per image row, and the pictures that fill these rows.
package struct Prompt: Sendable {
  package let ids: [Int]
  package let imageTokenID: Int?
  /// In the order of their places.
  package let pictures: [PromptPicture]
  /// Where the rows stand on several axes, for models that count so.
  package let axes: AxisPlaces?
  /// For each row the number of its picture, −1 for text.
  package let pictureOfRow: [Int32]
  /// From each picture's first row to its last one; text may stand between its tiles.
  package let pictureRanges: [Range<Int>]

  /// - Parameter ids: With as many ids equal to `imageTokenID` as the pictures have rows.
  package init(ids: [Int], imageTokenID: Int?, pictures: [PromptPicture], axes: AxisPlaces? = nil) throws {
    let rows = ids.count { $0 == imageTokenID }
    let needed = pictures.reduce(0) { $0 + $1.rowCount }
    guard rows == needed else {
      throw AnswerError("the prompt has places for \(rows) image tokens but the pictures have \(needed)")
    }
    self.ids = ids
    self.imageTokenID = imageTokenID
    self.pictures = pictures
    self.axes = axes
    var pictureOfRow = [Int32](repeating: -1, count: ids.count)
    var places = ids.indices.lazy.filter { ids[$0] == imageTokenID }.makeIterator()
    pictureRanges = pictures.enumerated().map { index, picture in
      let own = (0..<picture.rowCount).compactMap { _ in places.next() }
      for row in own { pictureOfRow[row] = Int32(index) }
      return (own.first ?? 0)..<(own.last.map { $0 + 1 } ?? 0)
    }
    self.pictureOfRow = pictureOfRow
  }

  /// A prompt of ids that hold one image id for every row of its pictures.
  package init(expanded ids: [Int], images: [ImageInput], model: VisionLanguageModel) throws {
    for image in images { try model.images?.check(image) }
    let axes = model.imageTokenID.flatMap { id in
      model.images?.axisPlaces(ids, imageTokenID: id, inputs: images)
    }
    let pictures = images.map {
      PromptPicture(content: .input($0), rowCount: model.images?.tokenCount(of: $0) ?? 0)
    }
    try self.init(ids: ids, imageTokenID: model.imageTokenID, pictures: pictures, axes: axes)
  }

  /// A prompt of ids in which a mark stands for each picture, or for each run of its rows.
  /// - Throws: If there are more or fewer marks than pictures, or a picture is not what the model reads.
  package init(marked ids: [Int], mark: Int, images: [ImageInput], model: VisionLanguageModel) throws {
    guard let encoder = model.images, let imageID = model.imageTokenID else {
      throw AnswerError.textOnly(family: model.family)
    }
    for image in images { try encoder.check(image) }
    let marks = ids.count { $0 == mark }
    var rowsPerMark = images.map { encoder.tokenCount(of: $0) }
    let runs = images.map { encoder.runs(of: $0) }
    if marks != images.count, marks == runs.reduce(0, { $0 + $1.count }) {
      rowsPerMark = runs.flatMap { $0 }
    }
    guard marks == rowsPerMark.count else { throw AnswerError.pictureMarks(marks, pictures: images.count) }
    var next = 0
    let rows = ids.flatMap { id -> [Int] in
      guard id == mark else { return [id] }
      defer { next += 1 }
      return [Int](repeating: imageID, count: rowsPerMark[next])
    }
    try self.init(expanded: rows, images: images, model: model)
  }

  /// What the encoder reads.
  package var images: [ImageInput] {
    pictures.compactMap { if case .input(let input) = $0.content { input } else { nil } }
  }

  /// The longest prefix of at most `length` rows that does not end inside a picture.
  func wholePictures(upTo length: Int) -> Int {
    pictureRanges.first { $0.lowerBound < length && length < $0.upperBound }?.lowerBound ?? length
  }

  package var imageRows: Int { pictures.reduce(0) { $0 + $1.rowCount } }

  /// One role per row.
  package var roles: [RowRole] {
    let first = ids.firstIndex { $0 == imageTokenID } ?? 0
    return ids.indices.map { pictureOfRow[$0] >= 0 ? .image : $0 < first ? .preamble : .prompt }
  }
}
