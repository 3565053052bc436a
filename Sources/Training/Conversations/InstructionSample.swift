internal import Foundation
internal import StrictJSON
internal import Tokenization

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
    name = id.map { "\(place) (\($0))" } ?? place
    for key in ["video", "videos", "images"] where !(json[key]?.isNull ?? true) {
      throw json.error(
        at: key, "only one picture is read, under image; take the sample out, or give its picture there")
    }
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

  /// - Parameter file: Where the sample comes from.
  /// - Throws: `TrainingError` if marks of pictures and the picture do not fit together.
  func requirePicture(of file: URL) throws {
    let marks = sentences.count { $0.text.contains(PromptText.pictureMark) }
    guard image == nil ? marks > 0 : marks > 1 else { return }
    throw TrainingError(
      image == nil
        ? "\(file.path): \(name): a turn has \(PromptText.pictureMark) but the sample names no picture; add its \"image\", or take the mark out"
        : "\(file.path): \(name): \(marks) turns have \(PromptText.pictureMark) but the sample names one picture; leave one mark"
    )
  }

  /// Whether there is a picture that no turn shows, so that it is not used.
  var hidesPicture: Bool {
    image != nil && !sentences.contains { $0.text.contains(PromptText.pictureMark) }
  }

  /// Words, a picture counting as many as `pictureWords`: by this LLaVA groups samples of similar length.
  func wordCount(pictureWords: Int = 128) -> Int {
    let words = sentences.reduce(0) { $0 + $1.text.split(whereSeparator: \.isWhitespace).count }
    return words + (image == nil ? 0 : pictureWords)
  }
}
