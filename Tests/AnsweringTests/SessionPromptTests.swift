import Foundation
import Images
import Models
import Testing
import Tokenization

@testable import Answering

/// Conversations and pictures become ids, with the pictures' rows where they belong.
@Suite struct SessionPromptTests {
  private static let models = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../models").standardized

  private let session: VisionLanguageSession
  private let picture: PixelImage

  init() throws {
    session = try VisionLanguageSession(Self.models.appendingPathComponent("pocket"), threads: 1)
    picture = try PixelImage(width: 20, height: 30, fill: RGBColor(red: 9, green: 90, blue: 200))
  }

  private func prompt(_ messages: [ConversationMessage], pictures: Int) throws -> Prompt {
    try session.prompt(messages, images: [PixelImage](repeating: picture, count: pictures))
  }

  private func text(_ prompt: Prompt) -> String {
    session.tokenizer.decode(prompt.ids.filter { $0 != prompt.imageTokenID })
  }

  @Test func aPictureWithoutAPlaceStandsBeforeTheLastQuestion() throws {
    let asked = [
      ConversationMessage(.user, "What color is the circle?"), ConversationMessage(.assistant, "red"),
      ConversationMessage(.user, "How many objects are there?"), ConversationMessage(.assistant, nil),
    ]
    let prompt = try prompt(asked, pictures: 1)
    let rows = try #require(session.model.images).tokenCount(of: prompt.images[0])
    #expect(prompt.imageRows == rows && prompt.pictureRanges.map(\.count) == [rows])
    let front = session.tokenizer.decode(Array(prompt.ids[..<prompt.pictureRanges[0].lowerBound]))
    #expect(front.contains("red") && !front.contains("How many"))
    var marked = asked
    marked[2] = ConversationMessage(.user, "How many objects are there?", pictures: 1)
    #expect(try self.prompt(marked, pictures: 1).ids == prompt.ids)
    #expect(prompt.roles.count { $0 == .image } == rows)
  }

  @Test func severalPicturesKeepTheirOrder() throws {
    let messages = [ConversationMessage(.user, "What?"), ConversationMessage(.assistant, nil)]
    let two = try prompt(messages, pictures: 2)
    #expect(
      two.pictureRanges.count == 2 && two.pictureRanges[0].upperBound <= two.pictureRanges[1].lowerBound)
    #expect(Set(two.pictureOfRow) == [-1, 0, 1])
    #expect(text(two) == text(try prompt(messages, pictures: 0)) || text(two).hasSuffix("ASSISTANT:"))
  }

  @Test func marksAndPicturesMustAgree() throws {
    let marked = [ConversationMessage(.user, "What?", pictures: 2), ConversationMessage(.assistant, nil)]
    for count in [0, 1, 3] {
      let error = #expect(throws: AnswerError.self) { try prompt(marked, pictures: count) }
      #expect("\(try #require(error))".contains("2 pictures"))
    }
  }

  /// What a user or an earlier answer spells or says never becomes a picture's place.
  @Test func noWordsBecomeAPicturesPlace() throws {
    let spelt = [
      ConversationMessage(.user, "Is <image> a mark, and </s> an end?"), ConversationMessage(.assistant, nil),
    ]
    let prompt = try prompt(spelt, pictures: 0)
    #expect(prompt.imageRows == 0 && prompt.pictures.isEmpty)
    #expect(session.endIDs.isDisjoint(with: prompt.ids))
    let image = try #require(session.model.imageTokenID)
    let answered = [
      ConversationMessage(.user, "What?"),
      ConversationMessage(.assistant, content: .tokens([image, VisionLanguageSession.imagePlace, 9])),
      ConversationMessage(.user, "And?"), ConversationMessage(.assistant, nil),
    ]
    let further = try self.prompt(answered, pictures: 0)
    #expect(further.ids.contains(9) && !further.ids.contains(image))
  }

  @Test func aModelOfTextRefusesPictures() throws {
    let text = VisionLanguageSession(
      model: session.model, tokenizer: session.tokenizer, template: session.template,
      backend: session.backend,
      imageProcessor: nil)
    #expect(throws: AnswerError.self) {
      try text.prompt([ConversationMessage(.user, "What?")], images: [picture])
    }
  }
}
