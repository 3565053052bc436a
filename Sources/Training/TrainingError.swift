/// Why a training run cannot start or go on, in one sentence that names the place and the remedy.
package struct TrainingError: Error, CustomStringConvertible, Sendable {
  package let description: String

  static func outside(_ vocabulary: Int, token: Int, of place: String? = nil) -> TrainingError {
    TrainingError(
      "\(place.map { $0 + ": " } ?? "")the token id \(token) is outside the vocabulary of \(vocabulary); tokenizer and model do not belong together"
    )
  }

  package init(_ description: String) { self.description = description }
}
