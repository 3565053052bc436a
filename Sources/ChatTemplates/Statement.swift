/// What an assignment fills.
indirect enum Target: Sendable {
  case name(String)
  /// `namespace.attribute`.
  case attribute(String, TemplateText)
  case tuple([Target])
}

/// A macro, or the body of a call block.
struct MacroDefinition: Sendable {
  var name: String
  var parameters: [(name: String, value: Expression?)]
  var body: [Statement]
  var usesCaller = false
  var usesKeywords = false
  var usesFurther = false
}

/// A statement of a template.
struct Statement: Sendable {
  indirect enum Form: Sendable {
    case text(TemplateText)
    case output(Expression)
    case conditional([(test: Expression, body: [Statement])], otherwise: [Statement])
    case loop(Loop)
    case assign(Target, Expression)
    /// Nil leaves the block's text as it is.
    case assignBlock(Target, [Statement], filter: Expression?)
    case macro(MacroDefinition)
    case callBlock(Expression, MacroDefinition)
    case filterBlock(Expression, [Statement])
    case with([(Target, Expression)], [Statement])
    /// Statements with names of their own: `{% generation %}` and `{% block %}`.
    case scope([Statement])
    case breakLoop
    case continueLoop
  }

  struct Loop: Sendable {
    var target: Target
    var values: Expression
    var test: Expression?
    var isRecursive: Bool
    var body: [Statement]
    var otherwise: [Statement]
  }

  let form: Form
  let line: Int
}
