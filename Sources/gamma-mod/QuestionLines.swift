import Foundation
import Images
import StrictJSON

/// The questions of a JSON Lines file: `{"image": path or list of paths, "text": question, "id": any}`.
struct QuestionLines: ~Copyable {
  struct Line {
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

  /// - Parameter folder: Where paths of pictures start from; the file's own folder if nil.
  init(_ file: URL, folder: URL?, _ input: PictureInput, _ count: PictureCountLimit) throws {
    reader = try JSONLinesReader(file)
    self.folder = folder ?? file.deletingLastPathComponent()
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
      id: json["id"] ?? JSONValue(reader.line), text: try json.string("text"),
      images: names, folder: folder, input: input)
  }
}
