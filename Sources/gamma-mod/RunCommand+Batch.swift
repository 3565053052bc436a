import Answering
import ArgumentParser
import Benchmarks
import Foundation
import StrictJSON
import Wording

extension RunCommand {
  /// Answers a file of questions, on standard output or into a file.
  func answerBatch(_ asker: QuestionAsker) async throws {
    let isPipe = batch?.path == "-"
    let questions = isPipe ? URL(fileURLWithPath: "/dev/stdin") : batch?.url ?? URL(fileURLWithPath: ".")
    let here = isPipe ? URL(fileURLWithPath: ".") : nil
    let reader = try QuestionLines(questions, images: imageFolder?.url ?? here, input, pictureCount)
    guard let answers else { return try await printAnswers(reader, asker, of: questions) }
    let kept = try KeptBatch(
      reader, asker, file: answers.url, overwrites: overwrite,
      identity: AnswerIdentity(modelID: options.model.path, metadata: JSONObject(identity)),
      sideBySide: sideBySide)
    let progress = ProgressLine("run")
    defer { progress.end() }
    do {
      try await Interrupt.watch { try await kept.answer(progress) }
    } catch let code as ExitCode {
      progress.end()
      StandardError.write(
        line: KeptAnswers.note("run", kept: kept.answeredCount, of: kept.count, file: answers.path))
      throw code
    }
    progress.end()
    try kept.finish()
  }

  /// Pictures of the next questions are prepared while earlier ones are answered.
  private var sideBySide: Int { 2 * options.limits.activeRequests }

  /// Everything that changes answers.
  private var identity: [(String, JSONValue)] {
    get throws {
      var pairs = try options.identity + sampling.identity
      if let system = system.text { pairs.append(("system", JSONValue(system))) }
      if parseSpecial { pairs.append(("parse_special", true)) }
      if exif == .off { pairs.append(("exif", "off")) }
      return pairs
    }
  }

  /// Answers as many side by side as the engine takes, in the questions' order.
  private func printAnswers(_ reader: consuming QuestionLines, _ asker: QuestionAsker, of file: URL)
    async throws
  {
    var running: [(id: JSONValue, request: Result<(prompt: Prompt, stream: AnswerStream), any Error>)] = []
    var (count, failures, cut) = (0, 0, 0)
    while true {
      while running.count < sideBySide, let line = try reader.next() {
        running.append((line.id, Result { try asker.ask(line.text, line.pictures()) }))
        count += 1
      }
      guard !running.isEmpty else { break }
      let (id, request) = running.removeFirst()
      var object = JSONObject([("id", id)])
      do {
        let (prompt, stream) = try request.get()
        let answer = try await Interrupt.watch(stream) { _ in }
        if CutAnswer.note(answer, limit: sampling.maxTokens) != nil { cut += 1 }
        let json = AnswerReport(answer, to: prompt, asker.session).json
        object = JSONObject([("id", id)] + json.map { ($0.key, $0.value) })
      } catch let error where !(error is ExitCode) {
        failures += 1
        object["error"] = .string(Failure.sentence(error))
      }
      try StandardOutput.write(line: JSONValue.object(object).text())
    }
    if let note = CutAnswer.note(cut, of: count) { StandardError.write(line: note) }
    guard failures == 0 else {
      throw StreamError(
        "\(batch?.path == "-" ? "standard input" : file.path): \(failures) of \(counted(count, "question")) could not be answered; their lines say why"
      )
    }
  }
}
