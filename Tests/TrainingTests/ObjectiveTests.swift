import Comparing
import MixtureOfDepths
import ModelTesting
import Models
import Tensors
import Testing

@testable import Training

/// A step in pieces is the undivided step, and questions are learnt alike whether or not they share a picture.
@Suite struct ObjectiveTests {
  private static let patches = [[0, 1, 2, 3, 4, 5, 6, 7], [1, 2, 4, 7], [0, 1, 2, 5, 6, 7]]

  /// Pictures with 3, 1 and 2 questions.
  private static let pictures = [
    PictureQuestions(
      prefix: [1, 7, 9],
      questions: [
        question([11, 12, 13], [21, 22, 2]), question([14, 15], [23, 2]),
        question([16, 17, 18, 19], [24, 25, 26, 2]),
      ]),
    PictureQuestions(prefix: [1, 8], questions: [question([31, 32], [41, 48, 49, 50, 2])]),
    PictureQuestions(
      prefix: [1, 7, 9, 10],
      questions: [question([33, 34, 35, 36, 37], [42, 43, 2]), question([38], [44, 45, 46, 47, 2])]),
  ]

  private static func question(_ prompt: [Int], _ answer: [Int]) -> PictureQuestions.Question {
    PictureQuestions.Question(name: "any", counts: true, prompt: prompt, answer: answer)
  }

  /// What is done with routers, and with the rows of pictures.
  struct Setting: Sendable, CustomTestStringConvertible {
    /// Nil for a model without routers.
    var protection: RoutingConfiguration.Protection?
    var prefill = RoutingConfiguration.Prefill.imageSkip(0.5)
    var sharesPictures = true
    var weighting = RunConfiguration.AnswerWeighting.token

    var testDescription: String {
      "\(protection?.rawValue ?? "dense"), \(prefill), \(sharesPictures ? "sharing" : "alone"), \(weighting)"
    }

    fileprivate func model() throws -> VisionLanguageModel {
      let model = try TinyModel.dense(seed: 4)
      guard let protection else { return model }
      var routing = RoutingConfiguration(layers: [1, 2])
      routing.protection = protection
      routing.prefill = prefill
      // So large that a wrong share of the routers' losses shows.
      routing.routerLossCoefficient = 0.5
      return model.routed(routing, router: TinyModel.router(seed: 4))
    }

    fileprivate func piece(
      _ pictures: [PictureQuestions], patches: [[Int]], imageRows: [Tensor], _ objective: Objective
    ) -> PackedPiece {
      let packed = PackedQuestions(
        pictures, imageRows: patches, patchCount: 8, weighting: weighting, sharesPictures: sharesPictures)
      return PackedPiece(packed, objective) { $0.input(Tensor.stacked(imageRows)) }
    }

    /// The pieces of a step that learns what is asked about some pictures.
    fileprivate func pieces(_ split: [[Int]], _ objective: Objective) -> [PackedPiece] {
      split.map { own in
        piece(
          own.map { ObjectiveTests.pictures[$0] }, patches: own.map { ObjectiveTests.patches[$0] },
          imageRows: own.map { TinyModel.rows(ObjectiveTests.patches[$0].count, seed: UInt64($0)) }, objective
        )
      }
    }
  }

  /// Losses and gradients of all pieces of a step, added up.
  private struct Step {
    var (answers, total) = (0.0, 0.0)
    /// The routers' losses over rows, which are whole sums and no means.
    var routerSum = 0.0
    var gradients: [String: [Float]] = [:]

    init(_ pieces: [PackedPiece], _ parameters: [Parameter], weight: Double? = nil) {
      let weight = weight ?? pieces.reduce(0) { $0 + $1.targets }
      let rows = pieces.reduce(0) { $0 + $1.rows }
      for piece in pieces {
        let store = GradientStore()
        let tape = Tape(recordingInto: store, backend: Backend(), pool: MemoryPool())
        let losses = piece.losses(targets: weight, share: Double(piece.rows) / Double(rows), tape: tape)
        tape.backward(from: losses.total)
        answers += Double(losses.answers)
        total += Double(losses.total.tensor.scalar)
        routerSum += losses.auxiliary.reduce(0.0) { $0 + Double($1) } * Double(piece.rows)
        for parameter in parameters {
          guard let gradient = store.gradient(of: parameter)?.floats() else { continue }
          gradients[parameter.name] = gradients[parameter.name].map { zip($0, gradient).map(+) } ?? gradient
        }
      }
    }

    func expectSame(as other: Step, _ comment: String) {
      #expect(abs(answers - other.answers) < 1e-6 * abs(other.answers), "\(comment): \(answers)")
      #expect(abs(total - other.total) < 1e-6 * abs(other.total), "\(comment): \(total)")
      let difference = LawRun.worstDifference(gradients, other.gradients)
      let largest = other.gradients.values.joined().reduce(0) { max($0, abs($1)) }
      #expect(difference < 1e-5 * largest, "\(comment): gradients are off by \(difference) of \(largest)")
    }
  }

  /// Rules that look at the whole sequence need it whole.
  static let steps = RunConfiguration.AnswerWeighting.allCases.flatMap { weighting in
    [
      Setting(), Setting(sharesPictures: false), Setting(protection: .questionAndAnswer),
      Setting(protection: .questionAndAnswer, sharesPictures: false),
      Setting(protection: .question, sharesPictures: false),
      Setting(protection: .nothing, sharesPictures: false),
    ].map { setting in
      var setting = setting
      setting.weighting = weighting
      return setting
    }
  }

  @Test(arguments: steps) func piecesAddUpToTheUndividedStep(_ setting: Setting) throws {
    let model = try setting.model()
    let objective = Objective(model)
    let whole = Step(setting.pieces([[0, 1, 2]], objective), model.parameters)
    #expect((whole.routerSum > 0) == (setting.protection != nil))
    #expect(whole.gradients.count == model.parameters.count)
    for split in [[[0], [1], [2]], [[0, 1], [2]], [[1], [2, 0]]] {
      Step(setting.pieces(split, objective), model.parameters).expectSame(as: whole, "\(split)")
    }
  }

  static let sharing = [
    Setting(), Setting(protection: .questionAndAnswer), Setting(weighting: .answer),
    Setting(protection: .questionAndAnswer, weighting: .answer),
    // Here the text in front of the picture competes with it.
    Setting(protection: .questionAndAnswer, prefill: .threshold(0.005)),
  ]

  @Test(arguments: sharing) func sharingAPictureTeachesTheSame(_ setting: Setting) throws {
    let model = try setting.model()
    var alone = setting
    alone.sharesPictures = false
    // Nothing is shared by a single question.
    let objective = Objective(model)
    Step(setting.pieces([[1]], objective), model.parameters)
      .expectSame(as: Step(alone.pieces([[1]], objective), model.parameters), "one question")
    // Routers look at each row that stands in the batch, so a row that stands there once is counted once.
    let answers = Objective(model.decoder, routerCoefficient: 0)
    let split = [[0, 1, 2]]
    let shared = Step(setting.pieces(split, answers), model.parameters)
    let single = Step(alone.pieces(split, answers), model.parameters)
    shared.expectSame(as: single, "answers")
    var repeated = 0.0
    for (index, picture) in Self.pictures.enumerated() {
      let front = setting.piece(
        [PictureQuestions(prefix: picture.prefix, questions: [])], patches: [Self.patches[index]],
        imageRows: [TinyModel.rows(Self.patches[index].count, seed: UInt64(index))], answers)
      repeated += Double(picture.questions.count - 1) * Step([front], [], weight: 1).routerSum
    }
    #expect(abs(shared.routerSum + repeated - single.routerSum) <= 1e-5 * single.routerSum)
  }

  /// A rule that looks at a question's whole sequence chooses in a batch of many as for the question alone.
  @Test(arguments: [RoutingConfiguration.Protection.nothing, .question])
  func questionsAreChosenFromAsIfAlone(_ protection: RoutingConfiguration.Protection) throws {
    let setting = Setting(protection: protection, sharesPictures: false)
    let objective = Objective(try setting.model())
    let packed = chosenRows(setting.pieces([[0, 1, 2]], objective)[0])
    var alone: [[Int: [Int]]] = []
    for (index, picture) in Self.pictures.enumerated() {
      for question in picture.questions {
        let piece = setting.piece(
          [PictureQuestions(prefix: picture.prefix, questions: [question])], patches: [Self.patches[index]],
          imageRows: [TinyModel.rows(Self.patches[index].count, seed: UInt64(index))], objective)
        alone += chosenRows(piece)
      }
    }
    try #require(packed.count == 6)
    #expect(packed == alone)
    // Where the picture's rows are shared, the rule does not see all that it should choose among.
    var sharing = setting
    sharing.sharesPictures = true
    #expect(chosenRows(sharing.pieces([[0, 1, 2]], objective)[0]) != packed)
  }

  /// For each question the rows of its sequence that each routed layer runs.
  private func chosenRows(_ piece: PackedPiece) -> [[Int: [Int]]] {
    let recorder = RunRecorder()
    let tape = Tape(recordingInto: GradientStore(), backend: Backend(), pool: MemoryPool())
    _ = piece.losses(targets: piece.targets, share: 1, tape: tape, observer: recorder)
    let slices = piece.packed.batch.slices
    let questions = slices.filter { slice in slice.parent != nil || slices.allSatisfy { $0.parent == nil } }
    return questions.map { question in
      let parts = [question.parent.map { slices[$0].rows } ?? 0..<0, question.rows]
      return recorder.routed.mapValues { routed in
        let sequence = parts.joined()
        return sequence.enumerated().filter { routed.rows.contains($0.element) }.map(\.offset)
      }
    }
  }
}
