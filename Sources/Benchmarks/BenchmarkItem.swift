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

  package init(
    id: QuestionID, image: Picture?, prompt: String, storedPrompt: String? = nil, category: String = "",
    options: [String] = []
  ) {
    self.id = id
    self.image = image
    self.prompt = prompt
    self.storedPrompt = storedPrompt ?? prompt
    self.category = category
    self.options = options
  }

  /// Where a question's picture is.
  package enum Picture: Sendable, Hashable {
    case file(URL)
    case base64(String)

    /// The encoded picture (PNG, JPEG, …).
    /// - Throws: `BenchmarkError` if the file cannot be read, is larger than `limit` bytes, or is no base64 text.
    package func data(limit: Int = 20 << 20) throws -> Data {
      switch self {
      case .file(let url):
        let size = (try? FileManager.default.attributesOfItem(atPath: url.path))?[.size] as? Int
        if let size, size > limit { throw Self.tooLarge(url.path, size, limit) }
        guard let data = FileManager.default.contents(atPath: url.path) else {
          throw BenchmarkError.file(
            path: url.path, problem: "the picture cannot be read",
            remedy: "check that it is there and readable")
        }
        return data
      case .base64(let text):
        if text.utf8.count / 4 * 3 > limit { throw Self.tooLarge("MMBench table", text.utf8.count, limit) }
        guard let data = Data(base64Encoded: text) else {
          throw BenchmarkError.file(
            path: "MMBench table", problem: "a picture is not base64 text", remedy: "download the table again"
          )
        }
        return data
      }
    }

    private static func tooLarge(_ path: String, _ size: Int, _ limit: Int) -> BenchmarkError {
      .file(
        path: path, problem: "the picture has \(counted(size, "byte")) and the limit is \(limit)",
        remedy: "make it smaller or raise the limit")
    }
  }
}
