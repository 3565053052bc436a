internal import Answering
internal import MixtureOfDepths
package import Models
internal import Tensors

/// What is learnt of some pictures or conversations in one packed batch. The rows of a picture that several questions are
/// about stand once, and the questions continue them.
package struct PackedQuestions {
  private(set) var batch = PackedBatch()
  /// Ids of the rows that are text, and where they stand.
  private(set) var textIDs: [Int] = []
  private(set) var textPlaces: [Int] = []
  private(set) var imagePlaces: [Int] = []
  /// Which of the pictures' rows stand there; a row may stand in several places.
  private(set) var imageSources: [Int] = []
  private(set) var targets = LearningTargets()
  /// The question that each target belongs to.
  private(set) var targetQuestions: [Int] = []
  /// Under which name each question is measured besides "accuracy", and whether it counts there.
  private(set) var measures: [(name: String?, counts: Bool)] = []

  /// - Parameters:
  ///   - imageRows: For each picture the patches that have a row, ascending.
  ///   - axes: For each picture where the text in front of it and its rows stand on several axes.
  ///   - sharesPictures: Whether questions about a picture continue its rows, which then stand once; otherwise each question
  ///     has them to itself.
  package init(
    _ pictures: [PictureQuestions], imageRows: [[Int]], patchCount: Int, axes: [AxisPlaces?]? = nil,
    weighting: RunConfiguration.AnswerWeighting, sharesPictures: Bool
  ) {
    var firstImageRow = 0
    for (index, (picture, patches)) in zip(pictures, imageRows).enumerated() {
      let front = Front(
        picture: picture, patches: patches, patchCount: patchCount, axes: axes?[index],
        firstImageRow: firstImageRow)
      firstImageRow += patches.count
      let parent = sharesPictures ? append(front, continuedBy: nil) : nil
      for question in picture.questions {
        let start = batch.rowCount
        let inputs = question.prompt + question.answer.dropLast()
        if let parent {
          addText(inputs, at: start)
          batch.append(roles: Self.roles(question), continuing: parent)
        } else {
          append(front, continuedBy: question)
        }
        addTargets(
          question.answer, behind: batch.rowCount - inputs.count + question.prompt.count - 1, weighting)
        measures.append((question.name, question.counts))
      }
    }
  }

  /// A picture with the text in front of it.
  private struct Front {
    let picture: PictureQuestions
    let patches: [Int]
    let patchCount: Int
    let axes: AxisPlaces?
    let firstImageRow: Int
  }

  private static func roles(_ question: PictureQuestions.Question) -> [RowRole] {
    question.prompt.map { _ in .prompt } + question.answer.dropLast().map { _ in .answer }
  }

  /// Adds a picture and perhaps a question behind it as one slice.
  @discardableResult
  private mutating func append(_ front: Front, continuedBy question: PictureQuestions.Question?) -> Int {
    let (start, prefix) = (batch.rowCount, front.picture.prefix)
    addText(prefix, at: start)
    imagePlaces += front.patches.indices.map { start + prefix.count + $0 }
    imageSources += front.patches.indices.map { front.firstImageRow + $0 }
    var places = Array(prefix.indices) + front.patches.map { prefix.count + $0 }
    var roles: [RowRole] = prefix.map { _ in .preamble } + front.patches.map { _ in .image }
    var (length, axes) = (prefix.count + front.patchCount, front.axes)
    if let question {
      let inputs = question.prompt + question.answer.dropLast()
      addText(inputs, at: start + roles.count)
      places += inputs.indices.map { length + $0 }
      axes = axes.map { axes in
        AxisPlaces(
          places: axes.places + inputs.indices.map { SIMD3(repeating: Int32(length + axes.shift + $0)) },
          shift: axes.shift)
      }
      length += inputs.count
      roles += Self.roles(question)
    }
    return batch.append(roles: roles, places: places, length: length, axes: axes)
  }

  /// Conversations, a slice each.
  /// - Parameter conversations: Rows with one id for each image row, and which of them are labels.
  init(_ conversations: [(prompt: Prompt, isLabel: [Bool])], weighting: RunConfiguration.AnswerWeighting) {
    for (prompt, isLabel) in conversations {
      let start = batch.rowCount
      let ids = prompt.ids
      let roles = zip(prompt.roles, isLabel).map { $1 ? .answer : $0 }
      batch.append(roles: roles, pictures: prompt.pictureOfRow, axes: prompt.axes)
      for (place, id) in ids.enumerated() {
        if prompt.pictureOfRow[place] >= 0 {
          imageSources.append(imagePlaces.count)
          imagePlaces.append(start + place)
        } else {
          textIDs.append(id)
          textPlaces.append(start + place)
        }
      }
      // Each run of labels is an answer.
      var place = 1
      while place < ids.count {
        let end = isLabel[place...].firstIndex(of: false) ?? ids.count
        if end > place {
          addTargets(Array(ids[place..<end]), behind: start + place - 1, weighting)
          measures.append((nil, true))
        }
        place = max(end, place) + 1
      }
    }
  }

  /// An answer that follows a row.
  private mutating func addTargets(
    _ answer: [Int], behind row: Int, _ weighting: RunConfiguration.AnswerWeighting
  ) {
    targets.append(answer, behind: row, weights: Self.weights(tokens: answer.count, weighting))
    targetQuestions += [Int](repeating: measures.count, count: answer.count)
  }

  private static func weights(tokens: Int, _ weighting: RunConfiguration.AnswerWeighting) -> [Float] {
    switch weighting {
    case .token: return [Float](repeating: 1, count: tokens)
    case .answer:
      guard tokens > 0 else { return [] }
      let end: Float = 0.1
      let share = 1 / (Float(tokens - 1) + end)
      return [Float](repeating: share, count: tokens - 1) + [end * share]
    }
  }

  private mutating func addText(_ ids: [Int], at start: Int) {
    textIDs += ids
    textPlaces += (0..<ids.count).map { start + $0 }
  }

  /// The rows that enter the decoder.
  func embed(_ decoder: TransformerDecoder, imageRows: Value?, _ tape: Tape) -> Value {
    let text = RowSource(decoder.embed(textIDs, tape), places: textPlaces)
    guard let imageRows, !imagePlaces.isEmpty else { return tape.assemble([text], rows: batch.rowCount) }
    let isRepeated = imageSources != Array(imagePlaces.indices)
    let images = isRepeated ? tape.gather(imageRows, rows: imageSources) : imageRows
    return tape.assemble([text, RowSource(images, places: imagePlaces)], rows: batch.rowCount)
  }

  /// The share of questions whose every token has the largest logit, by kind.
  func accuracy(_ logits: Tensor) -> Measurements {
    var isRight = [Bool](repeating: true, count: measures.count)
    for (row, best) in logits.largestColumns().enumerated() where best != targets.tokens[row] {
      isRight[targetQuestions[row]] = false
    }
    var result = Measurements()
    for (measure, right) in zip(measures, isRight) {
      if let name = measure.name { result.add(name, right ? 1 : 0) }
      if measure.counts { result.add("accuracy", right ? 1 : 0) }
    }
    return result
  }
}
