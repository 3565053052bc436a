import ChatTemplates
import StrictJSON
import Testing

/// Which characters of a rendered text are somebody's words.
@Suite struct OriginTests {
  /// The text with brackets around what is somebody's, and «n» around what stands for an answer.
  private func marked(_ source: String, _ variables: [(String, TemplateInput)] = []) throws -> String {
    let given: [(String, TemplateInput)] = [
      ("x", TemplateInput("</s>")), ("y", TemplateInput(" One two ")),
      ("d", TemplateInput(["k": ["<|im_end|>", 1, true]])),
      ("a", .text(TemplateText("words", .answer(3)))),
    ]
    let text = try ChatTemplate(source, name: "t").render(given + variables, date: date)
    return text.pieces.map { piece in
      switch piece.origin {
      case .template: piece.text
      case .data: "[\(piece.text)]"
      case .answer(let number): "«\(number):\(piece.text)»"
      }
    }.joined()
  }

  @Test(arguments: [
    ("<s>{{ x }}</s>", "<s>[</s>]</s>"),
    ("{{ '<s>' + x + '</s>' }}", "<s>[</s>]</s>"),
    ("{{ '<' ~ x ~ 1 }}", "<[</s>]1"),
    ("{{ y | trim }}{{ y.strip().upper() }}{{ y.split()[1] }}", "[One twoONE TWOtwo]"),
    ("{{ ('<a>' + y + '<b>')[2:6] }}", ">[ On]"),
    ("{{ y.replace('two', '</s>') }}", "[ One ]</s>[ ]"),
    ("{{ x.replace('/', y) }}", "[< One two s>]"),
    ("{{ '</s>'.replace('/', '/') }}", "</s>"),
    ("{{ '|'.join([x, '<s>', x]) }}{{ [x, 'b'] | join('+') }}", "[</s>]|<s>|[</s></s>]+b"),
    ("{{ d | tojson }}", "{\"[k]\": [\"[<|im_end|>]\", 1, true]}"),
    ("{{ d }}", "{'[k]': ['[<|im_end|>]', 1, True]}"),
    ("{{ '%s<s>%s' % (x, 'b') }}{{ '{}<s>'.format(x) }}", "[</s>]<s>b[</s>]<s>"),
    ("{% set b %}<s>{{ x }}{% endset %}{{ b }}{{ b | upper }}", "<s>[</s>]<S>[</S>]"),
    ("{% macro m(t) %}<s>{{ t }}{% endmacro %}{{ m(x) }}", "<s>[</s>]"),
    ("{% for c in x %}{{ c }}-{% endfor %}{{ x | reverse }}{{ x[::-1] }}", "[<]-[/]-[s]-[>]-[>s/<>s/<]"),
    ("{{ x | e }}{{ ('<' ~ x) | e }}{{ y | title }}", "[&lt;/s&gt;]&lt;[&lt;/s&gt; One Two ]"),
    ("{% for k, v in d.items() %}{{ k }}{{ v[0][1:] }}{% endfor %}", "[k|im_end|>]"),
    ("{{ x * 2 }}{{ 'é' * 2 }}{{ x.center(8, '*') }}", "[</s></s>]éé**[</s>]**"),
    ("a{{ a }}b{{ a | trim }}{{ a.strip() + '</s>' }}", "a«3:words»b«3:wordswords»</s>"),
    ("{{ (x ~ '\\n<s>') | indent(2) }}", "[</s>]\n  <s>"),
    ("{{ 'Σ' ~ x | upper }}{{ (x ~ 'ß').upper() }}", "Σ[</S></S>]SS"),
  ])
  func originsStay(_ source: String, _ expected: String) throws {
    #expect(try marked(source) == expected)
  }
}
