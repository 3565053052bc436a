import Answering
import ArgumentParser
import Files
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
  var images: [PathArgument] = []

  @Option(name: [.short, .long, .customLong("query")], help: "The question; - reads standard input.")
  var prompt: String?

  @Option(
    name: [.customShort("f"), .customLong("file")],
    help: "A file that holds the question; - reads standard input.")
  var promptFile: PathArgument?

  @Option(help: "A JSON Lines file of questions; - reads standard input.")
  var batch: PathArgument?

  @Flag(
    help: "Take <image> in the question as a picture's place, and the spelling of control tokens as these.")
  var parseSpecial = false

  @OptionGroup var sampling: SamplingArguments

  @OptionGroup var pictureLimits: PictureLimits

  @OptionGroup var pictureCount: PictureCountLimit

  @Option(help: "Whether to turn pictures upright as their EXIF orientation says.")
  var exif = Switch.on

  @Option(
    help: "Write the first picture here (PNG) with the skipped patches greyed, a panel per group of layers.")
  var overlay: PathArgument?

  @Flag(help: "Replace the file of --overlay if it is there.")
  var overwrite = false

  @Flag(help: "Print one JSON object instead of the plain answer.")
  var json = false

  func validate() throws {
    guard [prompt != nil, promptFile != nil, batch != nil].count(where: { $0 }) == 1 else {
      throw ValidationError("give one of --prompt, --file and --batch")
    }
    try pictureCount.check(images.count)
    let readers = images.map(\.path) + [prompt, promptFile?.path, batch?.path].compactMap { $0 }
    guard readers.count(where: { $0 == "-" }) <= 1 else {
      throw ValidationError("standard input can be read once; give - to one option only")
    }
    guard batch == nil || images.isEmpty else {
      throw ValidationError("--batch: its lines name their pictures, --image does not")
    }
    guard overlay == nil || !images.isEmpty else { throw ValidationError("--overlay needs an --image") }
    guard !overwrite || overlay != nil else { throw ValidationError("--overwrite needs --overlay") }
  }

  private var input: PictureInput { PictureInput(limits: pictureLimits.limits, exif: exif == .on) }

  func run() async throws {
    let place = overlay.map { OutputPlace($0.url, mayReplace: overwrite) }
    try place?.check(
      inputs: [options.url] + [options.base, promptFile?.url].compactMap { $0 } + images.map(\.url))
    if let notice = sampling.notice { StandardError.write(line: notice) }
    let text = try batch == nil ? question() : ""
    let session = try options.session(system: system.text)
    let asker = QuestionAsker(
      session, Engine(session, options.limits), sampling.options(), parsesSpecial: parseSpecial)
    if let batch {
      return try await answer(batch.path == "-" ? URL(fileURLWithPath: "/dev/stdin") : batch.url, asker)
    }
    let pictures = try images.map { try input.load($0.path) }
    let (prompt, stream) = try asker.ask(text, pictures)
    let answer = try await Interrupt.watch(stream) { text in
      if !json { try StandardOutput.write(text) }
    }
    let report = AnswerReport(answer, to: prompt, session)
    try StandardOutput.write(line: json ? report.json.text() : "")
    if let place, let picture = pictures.first {
      try place.write(report.overlay(on: picture).pngData())
      StandardError.write(line: OverlayNote.text(report, path: overlay?.path ?? place.url.path))
    }
  }

  private func question() throws -> String {
    guard let promptFile = promptFile?.path ?? (prompt == "-" ? "-" : nil) else {
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
    var reader = try QuestionLines(
      file, folder: batch?.path == "-" ? URL(fileURLWithPath: ".") : nil, input, pictureCount)
    var running: [(id: JSONValue, request: Result<(prompt: Prompt, stream: AnswerStream), any Error>)] = []
    var (count, failures) = (0, 0)
    while true {
      // Pictures of the next questions are prepared while earlier ones are answered.
      while running.count < 2 * options.limits.activeRequests, let line = try reader.next() {
        running.append((line.id, Result { try asker.ask(line.text, line.pictures()) }))
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
        "\(batch?.path == "-" ? "standard input" : file.path): \(failures) of \(count) questions could not be answered; their lines say why"
      )
    }
  }
}
