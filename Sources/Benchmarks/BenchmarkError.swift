/// Why a benchmark could not be read or answers could not be scored.
///
/// Faults inside JSON files are reported as `JSONError`.
package enum BenchmarkError: Error, CustomStringConvertible, Sendable {
  /// A file is missing, unreadable or not what it should be; `remedy` says what to do.
  case file(path: String, problem: String, remedy: String)
  /// The answers do not fit the benchmark.
  case answers(problem: String, remedy: String)
  /// A row of the answers cannot be read.
  case row(RowFault)
  /// A question that the model cannot be asked; `reason` is a sentence.
  case question(place: String, id: String, reason: String)
  /// There are answers but nothing to compare them with; a server or a judge scores them.
  case noTruth(path: String, problem: String, remedy: String)
  case unsupportedProtocol(ScoringProtocol, Benchmark)

  package var description: String {
    switch self {
    case .file(let path, let problem, let remedy), .noTruth(let path, let problem, let remedy):
      "\(path): \(problem); \(remedy)."
    case .answers(let problem, let remedy): "\(problem); \(remedy)."
    case .row(let fault):
      "\(fault.description.hasSuffix(".") ? String(fault.description.dropLast()) : fault.description); "
        + "mend the row, or leave such rows out and count them with --lenient."
    case .question(let place, let id, let reason):
      "\(place.isEmpty ? "" : place + ": ")question \(id) cannot be asked: "
        + "\(reason.hasSuffix(".") ? String(reason.dropLast()) : reason)."
    case .unsupportedProtocol(let rules, let benchmark):
      "\(benchmark.rawValue) cannot be scored by the protocol \(rules.rawValue); use "
        + benchmark.protocols.map(\.rawValue).joined(separator: " or ") + "."
    }
  }
}
