import Answering
import ArgumentParser
import Foundation
import Images
import StrictJSON

struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Ask the shipped pictures a few questions, dense and as γ-MoD, side by side.")

  @Option(help: "Folder of the two pocket models.")
  var models = "models"

  @Option(help: "Folder of pictures and their questions.json.")
  var pictures = "demo"

  @Option(help: "Where to draw what was skipped.")
  var overlay = "demo-overlay.png"

  @Option(name: [.short, .long], help: "Threads.")
  var threads = 1

  func run() async throws {
    let folder = try SharedFiles.folder(models, usual: "models", with: "pocket-gamma")
    func session(_ name: String) throws -> VisionLanguageSession {
      try VisionLanguageSession(folder.appendingPathComponent(name), threads: max(1, threads))
    }
    let routed = try session("pocket-gamma")
    let comparison = try await SideBySide(questions(), dense: session("pocket"), routed: routed)
    try StandardOutput.write(line: comparison.text)
    guard let last = comparison.rows.last else { return }
    try last.routed.overlay(on: last.question.picture).writePNG(path: overlay)
    try StandardOutput.write(line: "\(last.question.name): " + OverlayNote.text(last.routed, path: overlay))
  }

  private func questions() throws -> [SideBySide.Question] {
    let folder = try SharedFiles.folder(pictures, usual: "demo", with: "questions.json")
    let json = try JSONObject.read(contentsOf: folder.appendingPathComponent("questions.json"))
    return try json.flatMap { name, _ -> [SideBySide.Question] in
      let picture = try ImageLoader.load(url: folder.appendingPathComponent(name))
      return try json.strings(name).map { SideBySide.Question(name: name, picture: picture, text: $0) }
    }
  }
}
