import Foundation
import StrictJSON
import Tensors

@testable import Images

/// A recorded result of a reference image processor: a configuration applied to one input.
struct RecordedPreprocessing: CustomStringConvertible, Sendable {
  let configuration: String
  let input: String
  /// Every how many rows and columns of a tensor's last two axes are in the fixture.
  let stride: (rows: Int, columns: Int)
  let preprocessor: JSONObject
  let model: JSONObject
  /// What the reference gave, by name.
  let result: JSONObject

  var description: String { configuration + "/" + input }

  static let all: [RecordedPreprocessing] = (try? read()) ?? []

  /// A table of the newer library's results.
  static func table(_ key: String) throws -> JSONValue {
    try JSONObject.read(contentsOf: Fixtures.folder.appendingPathComponent("preprocess/hf_5.23.json")).value(
      key)
  }

  private static func read() throws -> [RecordedPreprocessing] {
    let crossCheck = try table("clip_cross_check").object ?? JSONObject()
    return try ["official_4.31.json", "hf_5.23.json", "hf_5.24.json"].flatMap {
      file -> [RecordedPreprocessing] in
      let url = Fixtures.folder.appendingPathComponent("preprocess/\(file)")
      return try JSONObject.read(contentsOf: url).object("configs").flatMap { name, value in
        guard let configuration = value.object else { return [RecordedPreprocessing]() }
        return try configuration.object("cases").compactMap { input, result in
          var result = result.object ?? JSONObject()
          if result["official_error"] != nil {
            // The official code fails on the 1×1 input; the newer library's result stands in for it.
            guard let newer = try crossCheck[name + "/" + input]?.object?.optionalObject("new_pil") else {
              return nil
            }
            result = JSONObject([("pixel_values", .object(newer))])
          }
          return RecordedPreprocessing(
            configuration: name, input: input, stride: Self.stride(configuration["stride"]),
            preprocessor: try configuration.object("processor"),
            model: try configuration.optionalObject("model_config") ?? JSONObject(), result: result)
        }
      }
    }
  }

  private static func stride(_ value: JSONValue?) -> (rows: Int, columns: Int) {
    if let both = value?.int { return (both, both) }
    return value?.string == nil ? (1, 1) : (37, 21)
  }

  /// What our processor gives for the input, by the reference's names.
  func originals() throws -> [(name: String, values: OriginalValues)] {
    let image = try ImageLoader.load(path: Fixtures.path("preprocess/inputs/\(input).png"))
    let processor = try PreprocessorSettings(preprocessor, model: model).processor()
    return try processor.originals(of: processor.process(image))
  }

  /// The bytes behind a tensor's samples, in its layout.
  func bytes(of tensor: Tensor) throws -> [UInt8] {
    let mean = try preprocessor.doubles("image_mean")
    let deviation = try preprocessor.doubles("image_std")
    // A patch of Qwen's holds its channels one behind the other.
    let channelValues =
      tensor.shape.count == 2 ? tensor.shape[1] / 3 : tensor.shape.suffix(2).reduce(1, *)
    return tensor.floats().enumerated().map { index, value in
      let channel = index / channelValues % 3
      return UInt8(((Double(value) * deviation[channel] + mean[channel]) * 255).rounded())
    }
  }

  /// The samples of a tensor that the fixture holds.
  func sampled(_ tensor: Tensor) -> [Float] {
    let (height, width) = (tensor.shape[tensor.shape.count - 2], tensor.shape[tensor.shape.count - 1])
    let values = tensor.floats()
    var samples: [Float] = []
    for plane in 0..<values.count / (height * width) {
      for row in Swift.stride(from: 0, to: height, by: stride.rows) {
        for column in Swift.stride(from: 0, to: width, by: stride.columns) {
          samples.append(values[(plane * height + row) * width + column])
        }
      }
    }
    return samples
  }
}
