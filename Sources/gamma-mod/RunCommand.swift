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
      --json with the id (or the line's number), in the same order; paths start from the file's folder. With \
      --answers the answers go to a file instead, each as soon as it is made, and the same command goes on after an \
      interruption.
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

  @Option(
    name: [.customLong("batch"), .customLong("question-file")],
    help: "A JSON Lines file of questions, or a folder that holds one, questions.jsonl.")
  var batch: String?

  @Option(help: "The folder in which the questions' pictures are; by default that of their file.")
  var imageFolder: String?

  @Option(
    name: [.customLong("answers"), .customLong("answers-file")],
    help: "Keep the answers to --batch in this file, in LLaVA's JSON lines.")
  var answers: String?

  @Flag(help: "Start the answer file again.")
  var overwrite = false

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
    guard batch != nil || answers == nil && imageFolder == nil else {
      throw ValidationError("--answers and --image-folder go with --batch")
    }
    guard answers != nil || !overwrite else { throw ValidationError("--overwrite needs --answers") }
    guard overlay == nil || !images.isEmpty else { throw ValidationError("--overlay needs an --image") }
  }

  func run() async throws {
    let session = try options.session(system: system.text)
    let asker = QuestionAsker(
      session, Engine(session, options.limits), sampling.options(), parsesSpecial: parseSpecial)
    if batch != nil { return try await answerBatch(asker) }
    let pictures = try images.map { try PictureInput.load($0, exif: exif == .on) }
    let (prompt, stream) = try asker.ask(question(), pictures)
    let answer = try await Interrupt.watch(stream) { text in
      if !json { try StandardOutput.write(text) }
    }
    let report = AnswerReport(answer, to: prompt, session)
    try StandardOutput.write(line: json ? report.json.text() : "")
    if let note = CutAnswer.note(answer, limit: sampling.maxTokens) { StandardError.write(line: note) }
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
}
