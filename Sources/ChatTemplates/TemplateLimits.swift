/// What rendering a template may take, in proportion to what it is given: a template comes from outside.
package struct TemplateLimits: Sendable {
  /// Steps that every template may take: evaluated expressions, and characters by sixteens.
  package var steps = 80_000
  /// Further steps for each value of a conversation.
  package var stepsPerValue = 2_000
  /// Bytes of the texts and lists that live at the same time, besides the conversation.
  package var bytes = 24 << 20
  /// Further bytes for each byte of a conversation.
  package var bytesPerByte = 8

  package init() {}

  /// How deeply expressions, statements, calls and values may lie in each other; every thread's stack holds it.
  static let depth = 150
  /// How deeply a single expression may.
  static let expressionDepth = 100
  /// As Jinja's sandbox has it.
  static let rangeLength = 100_000
}
