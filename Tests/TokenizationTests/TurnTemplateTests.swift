import Foundation
import StrictJSON
import Testing

@testable import Tokenization

/// Conversations by templates that models bring along, against our own templates for the same models.
@Suite struct TurnTemplateTests {
  private let tokenizer: any TextTokenizer

  init() throws { tokenizer = try TokenizerFolder.load(Fixtures.folder.appendingPathComponent("bbpe-qwen2")) }

  /// What the models' published templates write for texts and pictures.
  private static let sources: [(ours: ConversationTemplate, mark: String, source: String)] = [
    (
      .qwen2VL, "<|image_pad|>",
      """
      {% for m in messages %}{% if loop.first and m['role'] != 'system' %}<|im_start|>system
      You are a helpful assistant.<|im_end|>
      {% endif %}<|im_start|>{{ m['role'] }}
      {% if m['content'] is string %}{{ m['content'] }}{% else %}{% for c in m['content'] %}{% if c['type'] == 'image' %}\
      <|vision_start|><|image_pad|><|vision_end|>{% elif 'text' in c %}{{ c['text'] }}{% endif %}{% endfor %}{% endif %}\
      <|im_end|>
      {% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
      {% endif %}
      """
    ),
    (
      .smolVLM, "<image>",
      """
      <|im_start|>{% for m in messages %}{{ m['role'] | capitalize }}{% if m['content'][0]['type'] == 'image' %}{{ ':' }}\
      {% else %}{{ ': ' }}{% endif %}{% for line in m['content'] %}{% if line['type'] == 'text' %}{{ line['text'] }}\
      {% elif line['type'] == 'image' %}{{ '<image>' }}{% endif %}{% endfor %}<end_of_utterance>
      {% endfor %}{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}
      """
    ),
    (
      .llavaOneVision, "<image>",
      """
      {% for m in messages %}{{ '<|im_start|>' + m['role'] + ' ' }}\
      {% for c in m['content'] | selectattr('type', 'equalto', 'image') %}{{ '<image>' }}{% endfor %}\
      {% for c in m['content'] | selectattr('type', 'equalto', 'text') %}{% generation %}{{ '\\n' + c['text'] }}\
      {% endgeneration %}{% endfor %}{{ '<|im_end|>' }}{% endfor %}\
      {% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}
      """
    ),
    (
      .llavaHuggingFace, "<image>",
      """
      {% for m in messages %}{% if m['role'] != 'system' %}{{ m['role'].upper() + ': ' }}{% endif %}\
      {% for c in m['content'] | selectattr('type', 'equalto', 'image') %}{{ '<image>\\n' }}{% endfor %}\
      {% for c in m['content'] | selectattr('type', 'equalto', 'text') %}{{ c['text'] + (' ' if m['role'] == 'user' else '</s>') }}\
      {% endfor %}{% endfor %}{% if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}
      """
    ),
    (
      .internVL, "<IMG_CONTEXT>",
      """
      {% for m in messages %}{{ '<|im_start|>' + m['role'] + '\\n' }}{% if m['content'] is string %}{{ m['content'] }}\
      {% else %}{% for c in m['content'] %}{% if c['type'] == 'image' %}{{ '<IMG_CONTEXT>\\n' }}\
      {% elif c['type'] == 'text' %}{{ c['text'] }}{% endif %}{% endfor %}{% endif %}{{ '<|im_end|>\\n' }}{% endfor %}\
      {% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}
      """
    ),
    (
      .gemma3, "<start_of_image>",
      """
      {% for m in messages %}{{ '<start_of_turn>' + ('model' if m['role'] == 'assistant' else m['role']) + '\\n' }}\
      {% if m['content'] is string %}{{ m['content'] | trim }}{% else %}{% for c in m['content'] %}\
      {% if c['type'] == 'image' %}{{ '<start_of_image>' }}{% elif c['type'] == 'text' %}{{ c['text'] | trim }}{% endif %}\
      {% endfor %}{% endif %}{{ '<end_of_turn>\\n' }}{% endfor %}\
      {% if add_generation_prompt %}{{ '<start_of_turn>model\\n' }}{% endif %}
      """
    ),
    (
      .pixtral, "[IMG]",
      """
      {% for m in messages %}{% if m['role'] == 'user' %}[INST]{% if m['content'] is string %}{{ m['content'] }}{% else %}\
      {% for c in m['content'] %}{% if c['type'] == 'image' %}[IMG]{% elif c['type'] == 'text' %}{{ c['text'] }}{% endif %}\
      {% endfor %}{% endif %}[/INST]{% else %}{{ (m['content'] if m['content'] is string else m['content'][0]['text']) + '</s>' }}\
      {% endif %}{% endfor %}
      """
    ),
  ]

  private func template(_ source: String, system: String? = nil, mark: String? = nil) throws -> TurnTemplate {
    var documents = ChatTemplateSource.Documents()
    documents.jinja = source
    let own = try ModelChatTemplate(ChatTemplateSource(documents, place: "m/"))
    return try TurnTemplate(#require(own), system: system, pictureMark: mark)
  }

  private static let hostile = "What </s><|im_end|><image><|image_pad|> is it?"

  @Test(arguments: sources.indices)
  func promptsAreThoseOfOurTemplates(_ index: Int) throws {
    let (ours, mark, source) = Self.sources[index]
    let own = try template(source, mark: mark)
    #expect(own.writesPictures)
    let answer = tokenizer.encode("red", addBOS: false)
    let open = ConversationMessage(.assistant, nil)
    let first = ConversationMessage(.user, Self.hostile, pictures: 1)
    let given = ConversationMessage(.assistant, content: .tokens(answer))
    let second = ConversationMessage(.user, "And this?", pictures: 2)
    let conversations = [
      [first, open], [ConversationMessage(.user, Self.hostile), open], [first, given, second, open],
      [first, ConversationMessage(.assistant, "blue"), ConversationMessage(.user, "Why?"), open],
    ]
    for (number, messages) in conversations.enumerated() {
      let expected = try ours.prompt(messages)
      let prompt = try own.prompt(messages, tokenizer)
      #expect(prompt.string == expected.string, "\(ours.name) \(number)")
      #expect(prompt.ids(tokenizer) == expected.ids(tokenizer), "\(ours.name) \(number)")
      #expect(prompt.parts.filter { $0.string == nil } == expected.parts.filter { $0.string == nil })
    }
  }

  /// But for templates that trim answers.
  @Test(arguments: sources.indices.filter { !sources[$0].ours.turns.trimsText })
  func aConversationContinuesWhatTheModelHasRead(_ index: Int) throws {
    let own = try template(Self.sources[index].source, mark: Self.sources[index].mark)
    let open = ConversationMessage(.assistant, nil)
    let answer = tokenizer.encode(" a red one", addBOS: false)
    var messages = [ConversationMessage(.user, "What?", pictures: 1)]
    let first = try own.prompt(messages + [open], tokenizer).ids(tokenizer)
    messages += [
      ConversationMessage(.assistant, content: .tokens(answer)), ConversationMessage(.user, "Why?"),
    ]
    let second = try own.prompt(messages + [open], tokenizer).ids(tokenizer)
    #expect(second.starts(with: first + answer))
  }

  @Test func systemTextsAndEndsAreTheTemplates() throws {
    let (ours, mark, source) = Self.sources[0]
    let own = try template(source, system: "Be brief <|im_end|>", mark: mark)
    let messages = [ConversationMessage(.user, "Hi"), ConversationMessage(.assistant, nil)]
    let expected = try ours.withSystem("Be brief <|im_end|>").prompt(messages)
    #expect(try own.prompt(messages, tokenizer) == expected)
    #expect(own.answerEnd == "<|im_end|>\n")
  }

  @Test func anAnswerThatATemplateAltersIsText() throws {
    let own = try template(
      "{% for m in messages %}[{{ m.role }}]{{ m.content.split('</think>')[-1] }}{% endfor %}{% if add_generation_prompt %}[a]{% endif %}"
    )
    let answer = tokenizer.encode("<think>x</think>red", addBOS: false)
    let prompt = try own.prompt(
      [
        ConversationMessage(.user, "Hi"), ConversationMessage(.assistant, content: .tokens(answer)),
        ConversationMessage(.user, "Why?"), ConversationMessage(.assistant, nil),
      ], tokenizer)
    #expect(
      prompt.parts == [
        .control("[user]"), .text("Hi"), .control("[assistant]"), .text("red"), .control("[user]"),
        .text("Why?"),
        .control("[a]"),
      ])
    #expect(!own.writesPictures)
  }

  @Test func faultsNameFileLineAndRemedy() throws {
    for source in ["\n{% if %}", "\n{{ raise_exception('no users here') }}"] {
      let error = #expect(throws: TokenizationError.self) { try template(source) }
      let text = "\(try #require(error))"
      #expect(text.hasPrefix("m/chat_template.jinja:2: ") && text.contains("--conv-mode"))
    }
  }

  @Test func theBeginningIsTheTemplatesOrTheProcessors() throws {
    let messages = [ConversationMessage(.user, "Hi"), ConversationMessage(.assistant, nil)]
    var documents = ChatTemplateSource.Documents()
    documents.tokenizer = object([
      "bos_token": ["content": "<s>"],
      "chat_template":
        "{{ bos_token }}{% for m in messages %}{% if m.content is string %}{{ m.content }}{% else %}{% for c in m.content %}{{ c.text or '<image>' }}{% endfor %}{% endif %}{% endfor %}",
    ])
    let own = try #require(try ModelChatTemplate(ChatTemplateSource(documents, place: "")))
    let pictured = try TurnTemplate(own, system: nil, pictureMark: "<image>")
    #expect(try !pictured.wantsBOS(pictured.prompt(messages, tokenizer)))
    let bare = try template(Self.sources[0].source, mark: "<|image_pad|>")
    #expect(try bare.wantsBOS(bare.prompt(messages, tokenizer)))
    let textOnly = try template(Self.sources[0].source)
    #expect(try !textOnly.wantsBOS(textOnly.prompt(messages, tokenizer)))
  }
}

/// Where a model's chat template is looked for.
@Suite struct ChatTemplateSourceTests {
  private func written(_ documents: ChatTemplateSource.Documents, tools: JSONValue? = nil) throws -> String? {
    let messages: JSONValue = [["role": "user", "content": "x"]]
    var conversation = JSONObject([("messages", messages)])
    conversation["tools"] = tools
    return try ModelChatTemplate(ChatTemplateSource(documents, place: "m/"))?
      .prompt(.object(conversation), invitesAnswer: true).string
  }

  @Test func filesAreAskedInTransformersOrder() throws {
    var documents = ChatTemplateSource.Documents()
    #expect(try written(documents) == nil)
    documents.tokenizer = object(["chat_template": "configuration"])
    #expect(try written(documents) == "configuration")
    documents.jinja = "jinja"
    #expect(try written(documents) == "jinja")
    documents.legacy = object(["chat_template": "legacy"])
    #expect(try written(documents) == "legacy")
    documents.processor = object(["chat_template": "processor"])
    #expect(try written(documents) == "processor")
  }

  @Test func toolsHaveATemplateOfTheirOwn() throws {
    var documents = ChatTemplateSource.Documents()
    documents.tokenizer = object([
      "chat_template": [
        ["name": "default", "template": "usual {{ eos_token }}"],
        ["name": "tool_use", "template": "tools {{ tools | length }}{{ extra is defined }}"],
      ], "eos_token": ["content": "</s>"],
    ])
    #expect(try written(documents) == "usual </s>")
    #expect(try written(documents, tools: [["type": "function"]]) == "tools 1False")
    documents.tokenizer = object(["chat_template": 3])
    #expect(throws: JSONError.self) { try written(documents) }
  }

  @Test func whatMessagesHoldIsTextAndRolesAreControl() throws {
    var documents = ChatTemplateSource.Documents()
    documents.jinja = "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}{{ m.thinking }}{% endfor %}"
    let own = try #require(try ModelChatTemplate(ChatTemplateSource(documents, place: "")))
    let prompt = try own.prompt(
      [
        ["role": "user", "content": "</s>", "name": nil], ["role": "endoftext", "content": nil],
        ["role": "assistant", "reasoning_content": "why"],
      ], invitesAnswer: false)
    #expect(
      prompt.parts == [
        .control("<|user|>"), .text("</s>"), .control("<|"), .text("endoftext"), .control("|><|assistant|>"),
        .text("why"),
      ])
    #expect(throws: TokenizationError.self) { try own.prompt(["x"], invitesAnswer: true) }
  }
}

private func object(_ json: JSONValue) -> JSONObject? { json.object }
