import Foundation
import GammaMoD
import StrictJSON
import Testing

/// From a dense model to a routed one, and models of other types.
@Suite struct ConversionTests {
  @Test func summarySaysWhatAModelIs() throws {
    let routed = try ModelSummary(Shipped.routed)
    #expect(routed.fault == nil && routed.family != nil && routed.layerCount == 12)
    #expect(routed.routedLayers.count == 9 && routed.description.contains("routed layers"))
    let bytes = WeightFormat.allCases.map { routed.memoryBytes[$0] ?? 0 }
    #expect(bytes[0] >= 4 * routed.parameters && bytes == bytes.sorted(by: >) && bytes[3] > 0)
    #expect(try ModelSummary(Shipped.dense).routedLayers == [])
    #expect { try ModelSummary(Shipped.root.appending(path: "docs")) } throws: { $0 is GammaModError }
  }

  @Test func measuredModelBecomesARoutedOne() async throws {
    try await Shipped.withFolder { folder in
      let questions = try Shipped.questions(in: folder)
      let rank = try await ARank.measure(Shipped.dense, questions: questions, count: 2, threads: 1)
      #expect(rank.byLayer.count == 12 && rank.byLayer.allSatisfy { $0 >= 1 && $0.isFinite })
      let order = rank.denseOrder
      #expect(order.sorted() == Array(0..<12) && rank.byLayer[order[0]] == rank.byLayer.max())
      let file = folder.appending(path: "arank.json")
      try rank.write(to: file)
      #expect(try ARank(contentsOf: file) == rank)

      let target = folder.appending(path: "routed")
      let layers = try await Model.convert(
        Shipped.dense, to: target, routing: .allButHighest(3, of: rank), skip: 0.5, keepingPositions: true,
        questions: questions, count: 2, threads: 1)
      #expect(layers == order.dropFirst(3).sorted())
      #expect(try ModelSummary(target).routedLayers == layers)
      let model = try await Model.load(target, threads: 1)
      let answer = try await model.ask("What color is the circle?", about: [Shipped.picture()]).answer()
      #expect(answer.skipRatio == 0.5)
      await #expect {
        _ = try await Model.convert(target, to: folder.appending(path: "twice"), routing: .listed([1]))
      } throws: { ($0 as? GammaModError)?.code == .model }
    }
  }

  @Test func measuringCanBeCancelled() async throws {
    try await Shipped.withFolder { folder in
      let questions = try Shipped.questions(in: folder)
      let task = Task { try await ARank.measure(Shipped.dense, questions: questions, threads: 1) }
      task.cancel()
      await #expect { _ = try await task.value } throws: { ($0 as? GammaModError)?.code == .cancelled }
    }
  }

  @Test func furtherTypesAreLikeKnownOnes() async throws {
    try await Shipped.withFolder { folder in
      let copy = folder.appending(path: "model")
      try FileManager.default.copyItem(at: Shipped.routed, to: copy)
      let file = copy.appending(path: "config.json")
      var json = try JSONObject.read(contentsOf: file)
      let type = try json.string("model_type")
      json["model_type"] = "our_own"
      try json.text(.pretty).write(to: file, atomically: true, encoding: .utf8)

      let families = try ModelFamilies.standard.adding("our_own", like: type)
      #expect(try ModelSummary(copy).fault?.contains("our_own") == true)
      #expect(
        try ModelSummary(copy, families: families).routedLayers == ModelSummary(Shipped.routed).routedLayers)
      await #expect { _ = try await Model.load(copy) } throws: { ($0 as? GammaModError)?.code == .model }
      let model = try await Model.load(copy, threads: 1, families: families)
      let original = try await Model.load(Shipped.routed, threads: 1)
      let answers = try await [model, original].asyncAnswers()
      #expect(answers[0].text == answers[1].text && answers[0].skipRatio == answers[1].skipRatio)

      #expect(throws: GammaModError.self) { try families.adding("our_own", like: type) }
      #expect(throws: GammaModError.self) { try ModelFamilies.standard.adding("other", like: "unknown") }
      #expect(
        try families.adding("another", like: "our_own").adding("third", like: "another") as Any
          is ModelFamilies)
    }
  }
}

extension [Model] {
  fileprivate func asyncAnswers() async throws -> [Answer] {
    var answers: [Answer] = []
    for model in self {
      answers.append(try await model.ask("What color is the circle?", about: [Shipped.picture()]).answer())
    }
    return answers
  }
}
