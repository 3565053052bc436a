import Answering

/// What the panels of an overlay show.
enum OverlayNote {
  static func text(_ report: AnswerReport, path: String) -> String {
    let groups = report.overlayGroups.map {
      $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)–\($0.upperBound)"
    }
    guard !groups.isEmpty else { return "wrote \(path); the model is dense and skipped nothing" }
    return "wrote \(path): the picture, then what layers \(groups.joined(separator: ", ")) skipped, greyed"
  }
}
