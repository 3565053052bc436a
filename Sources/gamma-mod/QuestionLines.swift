import Files
import Foundation
import Images
import StrictJSON

/// The questions of a JSON Lines file: `{"image": path or list of paths, "text": question, "id": any}`; LLaVA's files call
/// the id `question_id`.
struct QuestionLines: ~Copyable {
  struct Line: Sendable {
    /// What the line says, or its number from 1.
    let id: JSONValue
    let text: String
    fileprivate let images: [String]
    fileprivate let folder: URL
    fileprivate let input: PictureInput

    func pictures() throws -> [PixelImage] { try images.map { try input.load($0, relativeTo: folder) } }
  }

  private var reader: JSONLinesReader
  private let folder: URL
  private let input: PictureInput
  private let mostPictures: Int

  /// The file that a name means: itself, or `questions.jsonl` in a folder.
  static func file(_ url: URL) -> URL {
    Disk.kind(of: url) == .folder ? url.appending(path: "questions.jsonl") : url
  }

  /// - Parameters:
  ///   - file: The file, or a folder that holds it as `questions.jsonl`.
  ///   - images: Where paths of pictures start; the file's folder if nil.
  init(_ file: URL, images: URL? = nil, _ input: PictureInput, _ count: PictureCountLimit) throws {
    let file = Self.file(file)
    reader = try JSONLinesReader(file)
    folder = images ?? file.deletingLastPathComponent()
    (self.input, mostPictures) = (input, count.most)
  }

  /// - Returns: Nil behind the last line.
  /// - Throws: `JSONError` naming the line.
  mutating func next() throws -> Line? {
    guard let json = try reader.readObject() else { return nil }
    let names: [String] =
      switch json["image"] {
      case nil, .null?: []
      case .string(let name)?: [name]
      default: try json.strings("image")
      }
    guard names.count <= mostPictures else {
      throw json.error(
        at: "image", "one request has at most \(mostPictures) pictures; raise that by --limit-images")
    }
    // The pipe that the lines come through holds no picture.
    guard !names.contains("-") else { throw json.error(at: "image", "a file is needed, not -") }
    return Line(
      id: json["id"] ?? json["question_id"] ?? JSONValue(reader.line), text: try json.string("text"),
      images: names, folder: folder, input: input)
  }
}
