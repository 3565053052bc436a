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
    fileprivate let images: [URL]

    func pictures(exif: Bool) throws -> [PixelImage] {
      try images.map { try PictureInput.load($0.path, exif: exif) }
    }
  }

  private var reader: JSONLinesReader
  private let folder: URL

  /// - Parameters:
  ///   - file: The file, or a folder that holds it as `questions.jsonl`.
  ///   - images: Where paths of pictures start; the file's folder if nil.
  init(_ file: URL, images: URL? = nil) throws {
    var isFolder: ObjCBool = false
    let isThere = FileManager.default.fileExists(atPath: file.path, isDirectory: &isFolder)
    let file = isThere && isFolder.boolValue ? file.appending(path: "questions.jsonl") : file
    reader = try JSONLinesReader(file)
    folder = images ?? file.deletingLastPathComponent()
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
    guard names.count <= 16 else { throw json.error(at: "image", "at most 16 pictures fit one request") }
    return Line(
      id: json["id"] ?? json["question_id"] ?? JSONValue(reader.line), text: try json.string("text"),
      images: names.map { URL(fileURLWithPath: $0, relativeTo: folder) })
  }
}
