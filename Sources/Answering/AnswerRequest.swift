/// A prompt and how to answer it.
package struct AnswerRequest: Sendable {
  package let prompt: Prompt
  package let options: AnswerOptions
  /// For each picture of the prompt what tells it from others; nil where its rows were given.
  let pictureKeys: [PictureKey?]

  package init(_ prompt: Prompt, _ options: AnswerOptions = AnswerOptions()) {
    self.prompt = prompt
    self.options = options
    pictureKeys = prompt.pictures.map(PictureKey.init)
  }

  /// With other means of telling pictures apart, for rows that no encoder has made.
  init(_ prompt: Prompt, _ options: AnswerOptions, pictureKeys: [PictureKey?]) {
    self.prompt = prompt
    self.options = options
    self.pictureKeys = pictureKeys
  }
}
