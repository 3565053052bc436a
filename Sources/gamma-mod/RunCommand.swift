import Answering
import ArgumentParser
import Foundation
import Images
import StrictJSON
import Tokenization

struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Answer a question about pictures, or many of a file.",
    discussion: """
      The answer goes to standard output as it is generated, everything else to standard error. With --batch every \
      line {"image": path or list of paths, "text": question, "id": any} of a file is answered by a line like that of \
      --json with the id (or the line's number), in the same order; paths start from the file's folder.
      """)

  @OptionGroup var options: ModelOptions

  @OptionGroup var system: SystemText

  @Option(
    name: [.customLong("image"), .customLong("image-file")],
    help: "A picture file; may be repeated; - reads standard input.")
  var images: [String] = []

  @Option(name: [.short, .long], help: "The question.")
  var prompt: String?

  @Option(
    name: [.customShort("f"), .customLong("file")],
    help: "A file that holds the question; - reads standard input.")
  var promptFile: String?

  @Option(help: "A JSON Lines file of questions.")
  var batch: String?

  @Flag(
    help: "Take <image> in the question as a picture's place, and the spelling of control tokens as these.")
  var parseSpecial = false

  @OptionGroup var sampling: SamplingArguments

  @Option(help: "Whether to turn pictures upright as their EXIF orientation says.")
  var exif = Switch.on

  @Option(
    help: "Write the first picture here (PNG) with the skipped patches greyed, a panel per group of layers.")
  var overlay: String?

  @Flag(help: "Print one JSON object instead of the plain answer.")
  var json = false

  func validate() throws {
    guard [prompt, promptFile, batch].compactMap({ $0 }).count == 1 else {
      throw ValidationError("give one of --prompt, --file and --batch")
    }
    guard images.count <= 16 else { throw ValidationError("at most 16 pictures fit one request") }
    guard batch == nil || images.isEmpty else {
      throw ValidationError("--batch: its lines name their pictures, --image does not")
    }
    guard overlay == nil || !images.isEmpty else { throw ValidationError("--overlay needs an --image") }
  }

  func run() async throws {
    let session = try options.session(system: system.text)
    let asker = QuestionAsker(
      session, Engine(session, options.limits), sampling.options(), parsesSpecial: parseSpecial)
    if let batch { return try await answer(URL(fileURLWithPath: batch), asker) }
    let pictures = try images.map { try PictureInput.load($0, exif: exif == .on) }
    let (prompt, stream) = try asker.ask(question(), pictures)
    let answer = try await Interrupt.watch(stream) { text in
      if !json { try StandardOutput.write(text) }
    }
    let report = AnswerReport(answer, to: prompt, session)
    try StandardOutput.write(line: json ? report.json.text() : "")
    if let overlay, let picture = pictures.first {
      try report.overlay(on: picture).writePNG(path: overlay)
      StandardError.write(line: OverlayNote.text(report, path: overlay))
    }
  }

  private func question() throws -> String {
    guard let promptFile else {
      if !parseSpecial, prompt?.contains(PromptText.pictureMark) == true {
        StandardError.write(
          line:
            "the question spells \(PromptText.pictureMark), which is taken as text; --parse-special marks pictures"
        )
      }
      return prompt ?? ""
    }
    return try PromptFile.read(promptFile)
  }

  /// Answers a file of questions, as many side by side as the engine takes, in their order.
  private func answer(_ file: URL, _ asker: QuestionAsker) async throws {
    var reader = try QuestionLines(file)
    var running: [(id: JSONValue, request: Result<(prompt: Prompt, stream: AnswerStream), any Error>)] = []
    var (count, failures) = (0, 0)
    while true {
      // Pictures of the next questions are prepared while earlier ones are answered.
      while running.count < 2 * options.limits.activeRequests, let line = try reader.next() {
        running.append((line.id, Result { try asker.ask(line.text, line.pictures(exif: exif == .on)) }))
        count += 1
      }
      guard !running.isEmpty else { break }
      let (id, request) = running.removeFirst()
      var object = JSONObject([("id", id)])
      do {
        let (prompt, stream) = try request.get()
        let answer = try await Interrupt.watch(stream) { _ in }
        let json = AnswerReport(answer, to: prompt, asker.session).json
        object = JSONObject([("id", id)] + json.map { ($0.key, $0.value) })
      } catch let error where !(error is ExitCode) {
        failures += 1
        object["error"] = .string(Failure.sentence(error))
      }
      try StandardOutput.write(line: JSONValue.object(object).text())
    }
    guard failures == 0 else {
      throw StreamError(
        "\(file.path): \(failures) of \(count) questions could not be answered; their lines say why")
    }
  }
}
