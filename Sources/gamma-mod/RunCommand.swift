import Answering
import ArgumentParser
import Files
import Foundation
import Images
import Loading
import StrictJSON
import Tokenization

struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Answer a question about pictures, or many of a file.",
    discussion: """
      The answer goes to standard output as it is generated, everything else to standard error. With --batch every \
      line {"image": path or list of paths, "text": question, "id": any} of a file is answered by a line like that of \
      --json with the id (or the line's number), in the same order; paths start from the file's folder. With \
      --answers the answers go to a file instead, each as soon as it is made, and the same command goes on after an \
      interruption.
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

  @Option(
    name: [.customLong("batch"), .customLong("question-file")],
    help:
      "A JSON Lines file of questions, or a folder that holds one, questions.jsonl; - reads standard input.")
  var batch: PathArgument?

  @Option(help: "The folder in which the questions' pictures are; by default that of their file.")
  var imageFolder: PathArgument?

  @Option(
    name: [.customLong("answers"), .customLong("answers-file")],
    help: "Keep the answers to --batch in this file, in LLaVA's JSON lines.")
  var answers: PathArgument?

  @Flag(help: "Start the answer file again, or replace the file of --overlay.")
  var overwrite = false

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
    guard batch != nil || answers == nil && imageFolder == nil else {
      throw ValidationError("--answers and --image-folder go with --batch")
    }
    guard overlay == nil || !images.isEmpty else { throw ValidationError("--overlay needs an --image") }
    guard !overwrite || overlay != nil || answers != nil else {
      throw ValidationError("--overwrite needs --answers or --overlay")
    }
  }

  /// How pictures are read.
  var input: PictureInput { PictureInput(limits: pictureLimits.limits, exif: exif == .on) }

  func run() async throws {
    let place = overlay.map { OutputPlace($0.url, mayReplace: overwrite) }
    let inputs =
      options.place.urls
      + [promptFile?.url, batch.map { QuestionLines.file($0.url) }].compactMap { $0 }
      + images.map(\.url)
    try place?.check(inputs: inputs)
    // What is there is the answer file's to judge.
    if let answers { try OutputPlace(answers.url, mayReplace: true).check(inputs: inputs) }
    if let notice = sampling.notice { StandardError.write(line: notice) }
    let text = try batch == nil ? question() : ""
    let session = try options.session(system: system.text)
    let asker = QuestionAsker(
      session, Engine(session, options.limits), sampling.options(), parsesSpecial: parseSpecial)
    if batch != nil { return try await answerBatch(asker) }
    let pictures = try images.map { try input.load($0.path) }
    let (prompt, stream) = try asker.ask(text, pictures)
    let answer = try await Interrupt.watch(stream) { text in
      if !json { try StandardOutput.write(text) }
    }
    let report = AnswerReport(answer, to: prompt, session)
    try StandardOutput.write(line: json ? report.json.text() : "")
    if let note = CutAnswer.note(answer, limit: sampling.maxTokens) { StandardError.write(line: note) }
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
}
