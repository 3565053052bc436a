import Foundation
import GammaMoD

/// Answers a question about a picture, says what was skipped for it, and draws that.
@main struct Ask {
  static func main() async {
    let arguments = CommandLine.arguments
    guard arguments.count == 4 || arguments.count == 5 else {
      return fail("usage: ask MODEL PICTURE QUESTION [OVERLAY.png]", code: 64)
    }
    do {
      let model = try await Model.load(URL(filePath: arguments[1]))
      let picture = try Picture(contentsOf: URL(filePath: arguments[2]))
      for try await event in try await model.ask(arguments[3], about: [picture]) {
        if case .text(let text) = event { FileHandle.standardOutput.write(Data(text.utf8)) }
        if case .finished(let answer) = event { try report(answer, overlay: arguments.dropFirst(4).first) }
      }
    } catch {
      fail("ask: \(error)", code: 1)
    }
  }

  static func report(_ answer: Answer, overlay: String?) throws {
    let work = Double(answer.promptFLOPs) / Double(max(1, answer.densePromptFLOPs))
    print(
      "\n\nread \(answer.promptTokens) tokens, \(answer.pictureTokens) of the picture, in \(answer.promptTime)"
    )
    print(
      "skipped \(percent(answer.skipRatio)) of the picture in routed layers: \(percent(work)) of the dense work"
    )
    print("by layer: " + answer.skippedByLayer.map(percent).joined(separator: " "))
    print("keys and values: \(answer.cacheBytes) bytes instead of \(answer.denseCacheBytes)")
    guard let overlay else { return }
    try answer.overlay().pngData().write(to: URL(filePath: overlay), options: .atomic)
  }

  static func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }

  static func fail(_ message: String, code: Int32) {
    FileHandle.standardError.write(Data((message + "\n").utf8))
    exit(code)
  }
}
