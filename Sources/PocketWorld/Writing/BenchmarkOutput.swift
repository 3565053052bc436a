import Files
import Foundation
import Images
import StrictJSON

/// The folder of one benchmark while it is written.
struct BenchmarkOutput {
  let folder: URL
  private let isCancelled: () -> Bool
  /// Receives every sample whose picture has been written.
  private let onPicture: (WorldSample) -> Void

  /// - Parameter isCancelled: Asked before every picture.
  init(
    _ folder: URL, isCancelled: @escaping () -> Bool = { false },
    onPicture: @escaping (WorldSample) -> Void = { _ in }
  ) throws {
    (self.folder, self.isCancelled, self.onPicture) = (folder, isCancelled, onPicture)
    try Disk.createFolder(folder)
  }

  func write(_ samples: [WorldSample], of kind: QuestionKind) throws {
    switch kind {
    case .exist: try writePOPE(samples)
    case .attribute: try writeVQAv2(samples)
    case .relation: try writeGQA(samples)
    case .count: try writeMMMU(samples)
    case .read: try writeTextVQA(samples)
    case .pair: try writeMME(samples)
    case .choice: try writeMMBench(samples)
    case .context: try writeScienceQA(samples)
    case .describe: try writeMMVet(samples)
    }
  }

  func write(_ value: JSONValue, to name: String) throws {
    try write(text: try value.text() + "\n", to: name)
  }

  func write(lines: [JSONObject], to name: String) throws {
    try write(text: try lines.map { try $0.text() + "\n" }.joined(), to: name)
  }

  func write(text: String, to name: String) throws {
    let url = folder.appending(path: name)
    try Disk.createFolder(url.deletingLastPathComponent())
    try write(Data(text.utf8), to: url)
  }

  /// Writes every sample's picture into `place`, under the path that `name` gives it.
  func writePictures(
    of samples: [WorldSample], in place: String = "images",
    name: (WorldSample) -> String = { $0.name + ".png" }
  ) throws {
    var made: Set<String> = []
    for sample in samples {
      if isCancelled() { throw CancellationError() }
      let url = folder.appending(path: place).appending(path: name(sample))
      let parent = url.deletingLastPathComponent()
      if made.insert(parent.path).inserted {
        try Disk.createFolder(parent)
      }
      try write(try Self.png(sample.scene), to: url)
      onPicture(sample)
    }
  }

  /// Does not wait for the disk, as there are thousands of pictures and a world can be drawn again at any time.
  private func write(_ data: Data, to url: URL) throws {
    let file = try OutputFile(url)
    try data.withUnsafeBytes { try file.write($0) }
    try file.closeUnsynchronized()
  }

  static func png(_ scene: Scene) throws -> Data {
    try PixelImage(width: WorldRules.side, height: WorldRules.side, pixels: Rasteriser.render(scene))
      .pngData()
  }

  /// A line of LLaVA's question files.
  static func line(
    _ id: JSONValue, image: String, _ question: WorldQuestion, category: String = "default"
  ) -> JSONObject {
    JSONObject([
      ("question_id", id), ("image", JSONValue(image)), ("text", JSONValue(question.text)),
      ("category", JSONValue(category)),
    ])
  }
}

extension [WorldSample] {
  /// Every sample with its only question.
  var withQuestion: [(sample: WorldSample, question: WorldQuestion)] {
    compactMap { sample in sample.questions.first.map { (sample, $0) } }
  }
}
