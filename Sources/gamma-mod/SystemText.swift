import ArgumentParser

/// What a model is told before a conversation.
struct SystemText: ParsableArguments {
  @Option(
    name: [.customLong("sys", withSingleDash: true), .customLong("system-prompt")],
    help: "What the model is told before the conversation, instead of the template's own words.")
  var text: String?
}
