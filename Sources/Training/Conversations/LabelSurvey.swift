internal import Foundation
internal import Wording

/// Which of some samples teach nothing, and why.
struct LabelSurvey {
  /// Why a sample teaches nothing.
  private enum Reason: CaseIterable {
    case empty, mismatched, cut, unlabelled
  }

  let template: String
  let maximalLength: Int
  private var count = 0
  /// The names of the samples that teach nothing.
  private var faulty: [Reason: [String]] = [:]

  init(template: String, maximalLength: Int) {
    self.template = template
    self.maximalLength = maximalLength
  }

  mutating func add(_ sample: InstructionSample, _ text: LabelledText) {
    count += 1
    if let reason = reason(sample, text) { faulty[reason, default: []].append(sample.name) }
  }

  private func reason(_ sample: InstructionSample, _ text: LabelledText) -> Reason? {
    let answers = sample.sentences.filter { $0.speaker == "gpt" }
    if answers.allSatisfy({ $0.text.allSatisfy(\.isWhitespace) }) { return .empty }
    if text.mismatch != nil { return .mismatched }
    if text.cut().isLabel.contains(true) { return nil }
    return text.cut().ids.count >= maximalLength ? .cut : .unlabelled
  }

  var teachesNothing: Bool { count > 0 && faulty.values.reduce(0) { $0 + $1.count } == count }

  /// What is wrong with them as a sentence without its full stop; nil if each teaches something.
  func fault(in file: URL) -> String? {
    let parts = Reason.allCases.compactMap { reason in
      faulty[reason].flatMap { names in names.first.map { sentence(reason, names.count, $0) } }
    }
    guard !parts.isEmpty else { return nil }
    let total = faulty.values.reduce(0) { $0 + $1.count }
    return
      "\(file.path): nothing is learnt of \(total) of the next \(counted(count, "sample")): \(parts.joined(separator: "; "))"
  }

  private func sentence(_ reason: Reason, _ count: Int, _ first: String) -> String {
    let which = count == 1 ? first : "\(count), such as \(first),"
    return switch reason {
    case .empty: "the answers of \(which) are empty"
    case .mismatched:
      "the turns of \(which) do not add up to the whole; check that the template \(template) is that of the tokenizer"
    case .cut: "max_length \(maximalLength) cuts \(which) before an answer; raise it"
    case .unlabelled:
      "no answer is found in \(which) under the template \(template); check that it is that of the tokenizer"
    }
  }
}
