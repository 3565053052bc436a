/// A number with its noun, as a sentence wants it: "1 question", "2 questions".
/// - Parameters:
///   - singular: What stands behind a 1, a verb included where the sentence has one ("answer is").
///   - plural: What stands behind all other numbers; the singular with an s if nil.
package func counted(_ count: some BinaryInteger, _ singular: String, _ plural: String? = nil) -> String {
  "\(count) \(count == 1 ? singular : plural ?? singular + "s")"
}
