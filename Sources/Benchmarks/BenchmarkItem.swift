internal import Files
package import Foundation
internal import Wording

/// One question of a benchmark, ready to be asked.
package struct BenchmarkItem: Sendable {
  package let id: QuestionID
  /// Nil for questions without a picture.
  package let image: Picture?
  /// What the model is asked: the text after the picture, suffix included.
  package let prompt: String
  /// What the official loader writes back as `prompt` beside the answer; scorers read it.
  package let storedPrompt: String
  /// The benchmark's own grouping, such as POPE's setting; empty if it has none.
  package let category: String
  /// Letters and texts of the options, where the benchmark's answer file repeats them (MMBench).
  package let options: [String]
  /// Where the question stands, for messages.
  package let place: String

  package init(
    id: QuestionID, image: Picture?, prompt: String, storedPrompt: String? = nil, category: String = "",
    options: [String] = [], place: String = ""
  ) {
    self.id = id
    self.image = image
    self.prompt = prompt
    self.storedPrompt = storedPrompt ?? prompt
    self.category = category
    self.options = options
    self.place = place
  }

  /// Where a question's picture is.
  package enum Picture: Sendable, Hashable {
    case file(URL)
    case base64(String)

    /// The largest picture that a line of a file may hold, in bytes.
    private static let largestInLine = 64 << 20

    /// A picture as a file of questions names it: by a path, a URL of a file, or a URL that holds it.
    /// - Throws: `FileError` if it is none of these.
    init(named name: String, relativeTo folder: URL) throws {
      switch try NamedContent(name, relativeTo: folder, limit: Self.largestInLine) {
      case .file(let url): self = .file(url)
      case .content(let data): self = .base64(data.base64EncodedString())
      }
    }

    /// Names of files are told apart by their bytes: two spellings of a letter are two files.
    private var bytes: [UInt8] {
      switch self {
      case .file(let url): Array(url.path.utf8)
      case .base64(let text): Array(text.utf8)
      }
    }

    package static func == (left: Picture, right: Picture) -> Bool {
      switch (left, right) {
      case (.file(let left), .file(let right)): left.path.utf8.elementsEqual(right.path.utf8)
      case (.base64(let left), .base64(let right)): left.utf8.elementsEqual(right.utf8)
      default: false
      }
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(bytes) }

    /// The encoded picture (PNG, JPEG, …) of base64 text; nil for one in a file.
    /// - Throws: `BenchmarkError` if it is no such text, or of more than `limit` bytes.
    package func decodedText(limit: Int) throws -> Data? {
      guard case .base64(let text) = self else { return nil }
      func fault(_ problem: String, _ remedy: String) -> BenchmarkError {
        .file(path: "MMBench table", problem: problem, remedy: remedy)
      }
      guard text.utf8.count / 4 * 3 <= limit else {
        throw fault(
          "a picture has \(counted(text.utf8.count / 4 * 3, "byte")) and the limit is \(limit)",
          "make it smaller or raise the limit by --limit-image-mib")
      }
      guard let data = Data(base64Encoded: text) else {
        throw fault("a picture is not base64 text", "download the table again")
      }
      return data
    }
  }
}
