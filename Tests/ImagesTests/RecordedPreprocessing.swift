import Foundation

@testable import Images

/// A recorded result of a reference image processor: a configuration applied to one input.
struct RecordedPreprocessing: CustomStringConvertible, Sendable {
  let configuration: String
  let input: String
  /// Every how many rows and columns of the tensor are in the fixture.
  let stride: Int
  /// SHA-256 of the integer pixels, channel by channel.
  let bytesHash: String
  let processor: CLIPImageProcessor

  var description: String { configuration + "/" + input }

  /// The results that one CLIP-like tensor holds.
  static let all: [RecordedPreprocessing] = {
    let official = (try? Fixtures.object("preprocess/official_4.31.json")) ?? [:]
    let newer = (try? Fixtures.object("preprocess/hf_5.23.json")) ?? [:]
    let crossCheck = newer["clip_cross_check"] as? [String: [String: Any]] ?? [:]
    let configurations = [(official, "llava"), (newer, "siglip")].flatMap { file, prefix in
      (file["configs"] as? [String: [String: Any]] ?? [:]).filter { $0.key.hasPrefix(prefix) }
    }
    return configurations.sorted { $0.key < $1.key }.flatMap { name, configuration in
      let cases = configuration["cases"] as? [String: [String: Any]] ?? [:]
      return cases.sorted { $0.key < $1.key }.compactMap { input, result -> RecordedPreprocessing? in
        // The official code fails on the 1×1 input; the newer library's result stands in for it.
        let tensor = result["pixel_values"] ?? crossCheck[name + "/" + input]?["new_pil"]
        guard let hash = (tensor as? [String: Any])?["u8_sha256"] as? String,
          let processor = processor(of: configuration)
        else { return nil }
        return RecordedPreprocessing(
          configuration: name, input: input, stride: configuration["stride"] as? Int ?? 1, bytesHash: hash,
          processor: processor)
      }
    }
  }()

  private static func processor(of configuration: [String: Any]) -> CLIPImageProcessor? {
    guard let settings = configuration["processor"] as? [String: Any],
      let filter = (settings["resample"] as? Int).flatMap(ResamplingFilter.init(pillowCode:)),
      let mean = settings["image_mean"] as? [Double], let deviation = settings["image_std"] as? [Double]
    else { return nil }
    let size = settings["size"] as? [String: Int]
    let crop = settings["crop_size"] as? [String: Int]
    var processor = CLIPImageProcessor()
    processor.padsToSquare =
      (configuration["model_config"] as? [String: Any])?["image_aspect_ratio"] as? String == "pad"
    if let edge = settings["size"] as? Int ?? size?["shortest_edge"] {
      processor.size = .shortestEdge(edge)
    } else if let width = size?["width"], let height = size?["height"] {
      processor.size = .exact(width: width, height: height)
    }
    processor.filter = filter
    processor.cropWidth = crop?["width"]
    processor.cropHeight = crop?["height"]
    processor.mean = mean
    processor.standardDeviation = deviation
    return processor
  }
}
