import Answering
import ArgumentParser
import Files
import Foundation
import Images
import Loading
import StrictJSON

struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Ask the shipped pictures a few questions, dense and as γ-MoD, side by side.")

  @Option(help: "Folder of the two pocket models.")
  var models = PathArgument("models")

  @Option(help: "Folder of pictures and their questions.json.")
  var pictures = PathArgument("demo")

  @Option(
    help: "Where to draw what was skipped; by default demo-overlay.png, with a number if that is there.")
  var overlay: PathArgument?

  @Flag(help: "Replace the file of --overlay if it is there.")
  var overwrite = false

  @Option(name: [.short, .long], help: "Threads.")
  var threads = 1

  func validate() throws {
    try Bounds.check("--threads", threads, Bounds.threads)
    guard !overwrite || overlay != nil else { throw ValidationError("--overwrite needs --overlay") }
  }

  func run() async throws {
    let folder = try SharedFiles.folder(models.path, usual: "models", with: "pocket-gamma")
    let place = OutputPlace(overlay?.url ?? Self.freePlace, mayReplace: overwrite)
    try place.check(
      inputs: [folder, SharedFiles.folder(pictures.path, usual: "demo", with: "questions.json")])
    func session(_ name: String) throws -> VisionLanguageSession {
      let url = folder.appendingPathComponent(name)
      return try VisionLanguageSession(url, precision: GammaModel.usualPrecision(url), threads: threads)
    }
    let routed = try session("pocket-gamma")
    let comparison = try await SideBySide(questions(), dense: session("pocket"), routed: routed)
    try StandardOutput.write(line: comparison.text)
    guard let last = comparison.rows.last else { return }
    try place.write(last.routed.overlay(on: last.question.picture).pngData())
    try StandardOutput.write(
      line: "\(last.question.name): "
        + OverlayNote.text(last.routed, path: overlay?.path ?? place.url.lastPathComponent))
  }

  /// A name in the current folder that nothing has yet.
  private static var freePlace: URL {
    let names = (1...999).lazy.map { $0 == 1 ? "demo-overlay.png" : "demo-overlay-\($0).png" }
    let free = names.first { Disk.kind(of: URL(fileURLWithPath: $0)) == nil }
    return URL(fileURLWithPath: free ?? "demo-overlay.png")
  }

  private func questions() throws -> [SideBySide.Question] {
    let folder = try SharedFiles.folder(pictures.path, usual: "demo", with: "questions.json")
    let json = try JSONObject.read(contentsOf: folder.appendingPathComponent("questions.json"))
    return try json.flatMap { name, _ -> [SideBySide.Question] in
      let picture = try ImageLoader.load(url: folder.appendingPathComponent(name))
      return try json.strings(name).map { SideBySide.Question(name: name, picture: picture, text: $0) }
    }
  }
}
