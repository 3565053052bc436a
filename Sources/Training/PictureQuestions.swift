/// Questions about one picture as tokens.
package struct PictureQuestions: Sendable {
  package struct Question: Sendable {
    /// Under which name it is measured.
    let name: String
    /// Whether it counts in the accuracy of all.
    let counts: Bool
    /// Tokens behind the image, up to the place of the answer.
    let prompt: [Int]
    /// The answer's tokens and the end of the turn.
    let answer: [Int]

    package init(name: String, counts: Bool, prompt: [Int], answer: [Int]) {
      self.name = name
      self.counts = counts
      self.prompt = prompt
      self.answer = answer
    }
  }

  /// Tokens in front of the image.
  package let prefix: [Int]
  let questions: [Question]

  package init(prefix: [Int], questions: [Question]) {
    self.prefix = prefix
    self.questions = questions
  }
}
