internal import Generation
package import Models
package import Tensors

/// What is learnt of some pictures or conversations in one packed batch. The rows of a picture that several questions are
/// about stand once, and the questions continue them.
package struct PackedQuestions {
  package private(set) var batch = PackedBatch()
  /// Ids of the rows that are text, and where they stand.
  private(set) var textIDs: [Int] = []
  private(set) var textPlaces: [Int] = []
  private(set) var imagePlaces: [Int] = []
  /// Rows whose next token is learnt, the token, and the question it belongs to.
  private(set) var targetRows: [Int] = []
  private(set) var targets: [Int32] = []
  private(set) var targetQuestions: [Int] = []
  private(set) var weights: [Float] = []
  /// Under which name each question is measured besides "accuracy", and whether it counts there.
  private(set) var measures: [(name: String?, counts: Bool)] = []

  /// - Parameters:
  ///   - imageRows: For each picture the patches that have a row, ascending.
  ///   - axes: For each picture where the text in front of it and its rows stand on several axes.
  package init(
    _ pictures: [PictureQuestions], imageRows: [[Int]], patchCount: Int, axes: [AxisPlaces?]? = nil,
    weighting: RunConfiguration.AnswerWeighting
  ) {
    for (index, (picture, patches)) in zip(pictures, imageRows).enumerated() {
      let start = batch.rowCount
      addText(picture.prefix, at: start)
      imagePlaces += (0..<patches.count).map { start + picture.prefix.count + $0 }
      let parent = batch.append(
        roles: picture.prefix.map { _ in .preamble } + patches.map { _ in .image },
        places: Array(0..<picture.prefix.count) + patches.map { picture.prefix.count + $0 },
        length: picture.prefix.count + patchCount, axes: axes?[index])
      for question in picture.questions {
        let first = batch.rowCount
        let inputs = question.prompt + question.answer.dropLast()
        addText(inputs, at: first)
        let roles: [RowRole] =
          question.prompt.map { _ in .prompt } + question.answer.dropLast().map { _ in .answer }
        batch.append(roles: roles, continuing: parent)
        addTargets(question.answer, behind: first + question.prompt.count - 1, weighting)
        measures.append((question.name, question.counts))
      }
    }
  }

  /// Conversations, a segment each.
  /// - Parameter conversations: Rows with one id for each image row, and which of them are labels.
  init(_ conversations: [(prompt: Prompt, isLabel: [Bool])], weighting: RunConfiguration.AnswerWeighting) {
    for (prompt, isLabel) in conversations {
      let start = batch.rowCount
      let ids = prompt.ids
      let roles = zip(prompt.roles, isLabel).map { $1 ? .answer : $0 }
      batch.append(roles: roles, axes: prompt.axes)
      for (place, id) in ids.enumerated() {
        if id == prompt.imageTokenID {
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
    for (offset, id) in answer.enumerated() {
      targetRows.append(row + offset)
      targets.append(Int32(id))
      targetQuestions.append(measures.count)
    }
    weights += Self.weights(tokens: answer.count, weighting)
  }

  /// The sum of the targets' weights.
  package var targetWeight: Double { weights.reduce(0) { $0 + Double($1) } }

  private static func weights(tokens: Int, _ weighting: RunConfiguration.AnswerWeighting) -> [Float] {
    switch weighting {
    case .token: return [Float](repeating: 1, count: tokens)
    case .answer:
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
  package func embed(_ decoder: TransformerDecoder, imageRows: Value?, _ tape: Tape) -> Value {
    let text = RowSource(decoder.embed(textIDs, tape), places: textPlaces)
    let images = imageRows.map { [RowSource($0, places: imagePlaces)] } ?? []
    return tape.assemble([text] + images, rows: batch.rowCount)
  }

  /// The share of questions whose every token has the largest logit, by kind.
  func accuracy(_ logits: Tensor) -> Measurements {
    var isRight = [Bool](repeating: true, count: measures.count)
    for (row, target) in targets.enumerated() {
      let line = UnsafeBufferPointer(start: logits.floatPointer + row * logits.width, count: logits.width)
      let best = line.indices.max { line[$0] < line[$1] }
      if best != Int(target) { isRight[targetQuestions[row]] = false }
    }
    var result = Measurements()
    for (measure, right) in zip(measures, isRight) {
      if let name = measure.name { result.add(name, right ? 1 : 0) }
      if measure.counts { result.add("accuracy", right ? 1 : 0) }
    }
    return result
  }

  /// The loss of the answers, and of routers where the decoder has some.
  package func loss(
    _ hidden: Value, decoder: TransformerDecoder, pass: DecoderPass, routerCoefficient: Double,
    targets total: Double,
    share: Double
  ) -> (Value, Measurements) {
    let tape = pass.tape
    let logits = decoder.logits(decoder.normalize(tape.gather(hidden, rows: targetRows), tape), tape)
    var loss = tape.crossEntropy(logits, targets: targets, weights: weights, scale: Float(1 / total))
    var numbers = accuracy(logits.tensor)
    numbers.add("answers", Double(loss.tensor.scalar) * total, count: targetWeight)
    if !pass.auxiliaryLosses.isEmpty {
      let sum = pass.auxiliaryLosses.reduce(0.0) { $0 + Double($1.tensor.scalar) }
      numbers.add("router", sum)
      for auxiliary in pass.auxiliaryLosses {
        loss = tape.add(loss, tape.scale(auxiliary, by: Float(routerCoefficient * share)))
      }
    }
    return (loss, numbers)
  }
}
