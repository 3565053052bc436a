/// A model's chat template: a Jinja template that writes a conversation as the prompt that the model was trained with.
///
/// It means what transformers' `apply_chat_template` makes of it. What it writes says of every character whether the template
/// spells it or somebody's words have it.
package struct ChatTemplate: Sendable {
  /// The file, or where else it is from.
  package let name: String
  private let body: [Statement]

  /// The largest template that is read, in bytes; those of models have some ten thousand.
  package static let largestSource = 128 << 10

  /// Reads a template.
  /// - Throws: ``ChatTemplateError`` with the line at fault.
  package init(_ source: String, name: String) throws(ChatTemplateError) {
    self.name = name
    guard source.utf8.count <= Self.largestSource else {
      throw ChatTemplateError(
        kind: .limit, name: name, line: 1,
        message: "the template is over the limit of \(Self.largestSource) bytes")
    }
    var parser = try TemplateParser(source, name: name)
    body = try parser.template()
  }

  /// Renders the template.
  /// - Parameters:
  ///   - variables: What it may read, such as `messages`.
  ///   - date: What `strftime_now` writes.
  /// - Throws: ``ChatTemplateError`` with the line at fault.
  package func render(
    _ variables: [(String, TemplateInput)], date: TemplateDate, limits: TemplateLimits = TemplateLimits()
  ) throws(ChatTemplateError) -> TemplateText {
    let sizes = variables.map(\.1.size)
    let budget = Budget(
      limits, values: sizes.reduce(0) { $0 + $1.values }, bytes: sizes.reduce(0) { $0 + $1.bytes })
    var line = 1
    do {
      let values = try variables.map { ($0.0, try $0.1.value(budget)) }
      let interpreter = Interpreter(values, date: date, budget: budget)
      defer { line = interpreter.line }
      return try interpreter.render(body)
    } catch let fault as TemplateFault {
      throw ChatTemplateError(kind: fault.kind, name: name, line: line, message: fault.message)
    } catch {
      throw ChatTemplateError(kind: .failure, name: name, line: line, message: "\(error)")
    }
  }
}
