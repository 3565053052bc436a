import Checkpoints
import Foundation
import Loading
import MixtureOfDepths
import Models
import StrictJSON
import Tensors
import Testing
import Tokenization

@testable import Answering
@testable import Tracing

/// Where the model and what is known of it lie.
private enum RealModel {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../..").standardized
  static let file = root.appendingPathComponent("runs/real-models/SmolLM2-135M-Instruct.Q4_1.gguf")
  static let recorded = root.appendingPathComponent("Tests/Fixtures/real")
}

/// A real language model in a GGUF file, SmolLM2-135M-Instruct in Q4_1, against transformers and llama.cpp.
///
/// `scripts/real-models` brings the file, `make test-real` runs this; `scripts/record-real-model` recorded what is right.
@Suite(.enabled(if: FileManager.default.fileExists(atPath: RealModel.file.path)), .serialized)
struct RealModelTests {
  private let backend = Backend(threads: 2)
  private let json: JSONObject
  private let right: SafetensorsFile

  init() throws {
    json = try JSONObject.read(contentsOf: RealModel.recorded.appendingPathComponent("smollm2.json"))
    right = try SafetensorsFile(RealModel.recorded.appendingPathComponent("smollm2.safetensors"))
  }

  @Test func textsHaveTheIdsOfLlamaCpp() throws {
    let tokenizer = try TokenizerFolder.load(GammaModel.documents(RealModel.file))
    let ids = try json.array("ids").map { $0.array?.compactMap(\.int) ?? [] }
    let texts = try json.strings("texts")
    #expect(texts.count == 600 && ids.count == 600)
    for (text, right) in zip(texts, ids) { #expect(tokenizer.encode(text) == right, "\(text)") }
  }

  /// The rows of logits of a text.
  private func logits(_ model: VisionLanguageModel, _ ids: [Int]) throws -> [[Float]] {
    let sequences = TracedSequences(model, count: 1, format: .float32, backend: backend)
    let prompt = try Prompt(ids: ids, imageTokenID: nil, pictures: [])
    let hidden = try sequences.read([prompt], observer: TraceRecorder(meter: nil))
    let logits = model.decoder.logits(model.decoder.normalize(hidden, sequences.tape), sequences.tape).tensor
    return (0..<logits.rows).map { logits.rows($0..<$0 + 1).floats() }
  }

  /// Σ (found − right)² / Σ right² over the recorded rows and columns.
  private func error(_ found: [[Float]]) throws -> Double {
    let columns = try right.int64s("columns").map(Int.init)
    let numbers = try right.floats("logits")
    var (error, size) = (0.0, 0.0)
    for (index, row) in try right.int64s("rows").enumerated() {
      for (place, column) in columns.enumerated() {
        let number = Double(numbers[index * columns.count + place])
        let difference = Double(found[Int(row)][column]) - number
        error += difference * difference
        size += number * number
      }
    }
    return error / size
  }

  @Test func logitsAreThoseOfTheDequantisedWeights() throws {
    let ids = try right.int64s("ids").map(Int.init)
    let packed = try logits(GammaModel.load(RealModel.file), ids)
    let wide = try logits(GammaModel.load(RealModel.file, precision: .float32), ids)
    let (packedError, wideError) = (try error(packed), try error(wide))
    print("NMSE of logits: as stored \(packedError), as f32 \(wideError)")
    #expect(wideError <= 1e-8)
    #expect(packedError <= 1.1e-3)
    // What is chosen of all numbers is nearly the best one, too.
    #expect((wide + packed).allSatisfy { $0.allSatisfy(\.isFinite) })
    let gaps = zip(wide, packed).map { wide, packed -> Float in
      let chosen = packed.indices.max { packed[$0] < packed[$1] } ?? 0
      return (wide.max() ?? 0) - wide[chosen]
    }
    print("worst chosen token \(gaps.max() ?? 0) below the best of \(gaps.count)")
    #expect(gaps.max() ?? .infinity <= 0.2)
  }

  @Test func greedyAnswersAreEqual() throws {
    let model = try GammaModel.load(RealModel.file, precision: .float32)
    var ties = 0
    for answer in try json.objects("answers") {
      let question = try answer.string("question")
      let (prompt, right, gaps) = (
        try answer.ints("prompt"), try answer.ints("answer"), try answer.doubles("gaps")
      )
      let sequences = TracedSequences(model, count: 1, format: .float32, backend: backend)
      let recorder = TraceRecorder(meter: nil)
      let hidden = try sequences.read(
        [Prompt(ids: prompt, imageTokenID: nil, pictures: [])], observer: recorder)
      let last = sequences.tape.gather(
        model.decoder.normalize(hidden, sequences.tape), rows: [prompt.count - 1])
      var row = model.decoder.logits(last, sequences.tape).tensor.floats()
      for (step, id) in right.enumerated() {
        let found = row.indices.max { row[$0] < row[$1] } ?? 0
        if found != id {
          #expect(gaps[step] < 1e-3, "\(question), step \(step)")
          ties += 1
          break
        }
        row = sequences.advance([id], observer: recorder).floats()
      }
    }
    print("answers that part at a tie: \(ties)")
  }

  @Test func loadingTakesLittleTimeAndMemory() throws {
    let time = try ContinuousClock().measure { _ = try GammaModel.load(RealModel.file) }
    let bytes = try GammaModel.load(RealModel.file).parameters.reduce(0) { $0 + $1.byteCount }
    let size = try FileManager.default.attributesOfItem(atPath: RealModel.file.path)[.size] as? Int ?? 0
    print("loaded in \(time), weights of \(bytes) bytes, file of \(size)")
    #expect(time <= .seconds(2))
    #expect(Double(bytes) <= 1.15 * Double(size))
  }

  @Test func itKnowsTheCapitalOfFrance() async throws {
    let session = try VisionLanguageSession(RealModel.file, threads: 2)
    let prompt = try session.prompt(
      [ConversationMessage(.user, "What is the capital of France?"), ConversationMessage(.assistant, nil)],
      images: [])
    let answers = try AnswerLoop(session).answers([AnswerRequest(prompt)])
    #expect(answers.first?.text == "The capital of France is Paris.")
  }
}
