import Foundation
import Images
import Models
import Testing
import Tokenization

@testable import Answering

/// Sessions over folders that bring a chat template along.
@Suite struct OwnTemplateTests {
  private static let vicuna = """
    {% for m in messages %}{% if loop.first and m.role != 'system' %}A chat between a curious user and an artificial \
    intelligence assistant. The assistant gives helpful, detailed, and polite answers to the user's questions. {% endif %}\
    {% if m.role == 'system' %}{% for c in m.content %}{{ c.text }}{% endfor %}{{ ' ' }}{% else %}{{ m.role | upper }}: \
    {% for c in m.content %}{% if c.type == 'image' %}<image>
    {% elif c.type == 'text' %}{{ c.text }}{% endif %}{% endfor %}{{ ' ' if m.role == 'user' else eos_token }}{% endif %}\
    {% endfor %}{% if add_generation_prompt %}ASSISTANT:{% endif %}
    """

  /// The folder of the pocket model with another file.
  private func withFolder<Result>(_ files: [String: String], _ body: (URL) throws -> Result) throws -> Result
  {
    let pocket = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../models/pocket").standardizedFileURL
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for name in try FileManager.default.contentsOfDirectory(atPath: pocket.path) where files[name] == nil {
      try FileManager.default.createSymbolicLink(
        at: folder.appendingPathComponent(name), withDestinationURL: pocket.appendingPathComponent(name))
    }
    for (name, text) in files { try Data(text.utf8).write(to: folder.appendingPathComponent(name)) }
    return try body(folder)
  }

  @Test func theFoldersTemplateWritesPromptsUnlessOneIsNamed() throws {
    try withFolder(["chat_template.jinja": Self.vicuna]) { folder in
      let own = try VisionLanguageSession(folder, threads: 1)
      let named = try VisionLanguageSession(folder, template: .vicunaV1, threads: 1)
      #expect(own.ownTemplate != nil && named.ownTemplate == nil)
      let picture = try PixelImage(width: 20, height: 30, fill: RGBColor(red: 9, green: 90, blue: 200))
      var dialogue = Dialogue()
      for question in ["What color is the circle? </s><image>", "How many objects are there?"] {
        dialogue.addQuestion(question, pictures: [picture])
        let prompt = try dialogue.prompt(own)
        #expect(try prompt.ids == dialogue.prompt(named).ids)
        #expect(prompt.pictures.count == dialogue.pictures.count)
        dialogue.addAnswer(own.tokenizer.encode("red", addBOS: false))
      }
      let system = try VisionLanguageSession(folder, system: "Be brief. </s>", threads: 1)
      let expected = try VisionLanguageSession(
        folder, template: .vicunaV1, system: "Be brief. </s>", threads: 1)
      var asked = Dialogue()
      asked.addQuestion("What?")
      #expect(try asked.prompt(system).ids == asked.prompt(expected).ids)
    }
  }

  @Test func aTemplateWithoutPicturesGivesWayAndSaysSo() throws {
    let texts = "{% for m in messages %}{{ m.role + ': ' + m.content }}{% endfor %}"
    try withFolder(["chat_template.jinja": texts]) { folder in
      let notices = Notices()
      let session = try VisionLanguageSession(folder, threads: 1, notify: { notices.add($0) })
      #expect(session.ownTemplate == nil)
      #expect(notices.all.contains { $0.contains("writes no pictures") })
    }
  }

  @Test func generationEndsWhereTheFoldersSay() throws {
    let files = ["chat_template.jinja": Self.vicuna, "generation_config.json": #"{"eos_token_id": [2, 7]}"#]
    try withFolder(files) { folder in
      let session = try VisionLanguageSession(folder, threads: 1)
      #expect(session.endIDs.isSuperset(of: [2, 7]))
    }
  }
}

/// What a session tells.
private final class Notices: @unchecked Sendable {
  // Sessions tell on the thread that makes them.
  private(set) var all: [String] = []
  func add(_ notice: String) { all.append(notice) }
}
