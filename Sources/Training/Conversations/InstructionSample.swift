internal import Foundation
internal import StrictJSON

/// A conversation to learn from, in LLaVA's format: `{"id", "image", "conversations": [{"from", "value"}]}`.
struct InstructionSample: Sendable, Equatable {
  struct Sentence: Sendable, Equatable {
    /// `human`, `gpt` or anything else.
    let speaker: String
    let text: String
  }

  /// What errors call it.
  let name: String
  /// The picture's path below the folder of pictures; nil for text alone.
  let image: String?
  let sentences: [Sentence]

  init(name: String, image: String?, sentences: [Sentence]) {
    self.name = name
    self.image = image
    self.sentences = sentences
  }

  init(_ json: JSONObject, place: String) throws {
    let id = json["id"]?.string ?? json["id"]?.int.map(String.init)
    name = id ?? place
    image = try json.optionalString("image")
    sentences = try json.objects("conversations").map {
      Sentence(speaker: try $0.string("from"), text: try $0.string("value"))
    }
    guard !sentences.isEmpty else {
      throw json.error(at: "conversations", "a sample needs at least one turn")
    }
  }

  /// The samples of a file: one JSON array, or JSON Lines where the name ends in `.jsonl`.
  /// - Throws: `JSONError` that names the place, or `TrainingError` for a file without samples.
  static func read(_ url: URL) throws -> [InstructionSample] {
    var samples: [InstructionSample] = []
    if url.pathExtension == "jsonl" {
      var reader = try JSONLinesReader(url)
      while let object = try reader.readObject() {
        samples.append(try InstructionSample(object, place: "line \(reader.line)"))
      }
    } else {
      guard let list = try JSONValue.read(contentsOf: url).array else {
        throw TrainingError("\(url.path): a JSON array of samples is needed, as LLaVA's training files are")
      }
      for (index, value) in list.enumerated() {
        guard let object = value.object else {
          throw TrainingError("\(url.path): sample \(index) is no object")
        }
        samples.append(try InstructionSample(object, place: "sample \(index)"))
      }
    }
    guard !samples.isEmpty else { throw TrainingError("\(url.path): no sample is there") }
    return samples
  }

  /// Words, a picture counting as many as `pictureWords`: by this LLaVA groups samples of similar length.
  func wordCount(pictureWords: Int = 128) -> Int {
    let words = sentences.reduce(0) { $0 + $1.text.split(whereSeparator: \.isWhitespace).count }
    return words + (image == nil ? 0 : pictureWords)
  }
}
