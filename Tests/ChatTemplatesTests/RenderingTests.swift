import ChatTemplates
import Foundation
import StrictJSON
import Testing

/// What jinja2 made of small templates, in the environment of transformers' chat templates.
@Suite struct RenderingTests {
  @Test func templatesGiveWhatJinjaGives() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../Fixtures/chat-templates/renderings.json").standardizedFileURL
    let fixture = try JSONObject.read(contentsOf: file)
    let variables = try fixture.object("variables").map { ($0.key, TemplateInput($0.value)) }
    let entries = try fixture.objects("renderings")
    #expect(entries.count > 200)
    for entry in entries {
      let source = try entry.string("template")
      let text = try? ChatTemplate(source, name: "t").render(variables, date: date).string
      if let expected = entry["text"]?.string {
        #expect(text.map { Array($0.utf8) } == Array(expected.utf8), "\(source)")
      } else {
        #expect(text == nil, "\(source)")
      }
    }
  }

  @Test func errorsNameFileAndLine() throws {
    let faults: [(String, ChatTemplateError.Kind, Int)] = [
      ("a\n{% if x %}\n{{ 1 + }}", .syntax, 3), ("\n{{ missing.a }}", .failure, 2),
      ("{% if true %}\n\n{{ raise_exception('no') }}{% endif %}", .refusal, 3),
      ("{% include 'x' %}", .unsupported, 1),
      ("\n\n{% for x in range(3) %}{{ x.y.z }}{% endfor %}", .failure, 3),
      ("{{ 9223372036854775807 + 1 }}", .limit, 1),
    ]
    for (source, kind, line) in faults {
      let error = #expect(throws: ChatTemplateError.self) {
        try ChatTemplate(source, name: "folder/chat_template.jinja").render([], date: date)
      }
      #expect(error?.kind == kind && error?.line == line, "\(source): \(String(describing: error))")
      #expect(error?.description.hasPrefix("folder/chat_template.jinja:\(line): ") == true)
    }
  }
}

let date = TemplateDate(year: 2026, month: 3, day: 7, hour: 9, minute: 5, second: 3)
