import Foundation

/// The file formats of weights, in the order in which a folder that has both is read.
enum WeightFormat: CaseIterable {
  case safetensors, pyTorch

  /// With its full stop.
  var suffix: String {
    switch self {
    case .safetensors: ".safetensors"
    case .pyTorch: ".bin"
    }
  }

  /// The name that a model's weights have in front of the suffix.
  var stem: String {
    switch self {
    case .safetensors: "model"
    case .pyTorch: "pytorch_model"
    }
  }

  var fileName: String { stem + suffix }
  var indexName: String { "\(stem)\(suffix).index.json" }

  func open(_ url: URL, limits: CheckpointLimits) throws -> any TensorFile {
    switch self {
    case .safetensors: try SafetensorsFile(url, limits: limits.safetensors)
    case .pyTorch: try PyTorchFile(url, limits: limits.pyTorch)
    }
  }

  /// Opens a file of either format; nil if there is neither.
  static func open(_ stem: String, in folder: URL, limits: CheckpointLimits) throws -> (any TensorFile)? {
    for format in allCases {
      let url = folder.appendingPathComponent(stem + format.suffix)
      if FileManager.default.fileExists(atPath: url.path) { return try format.open(url, limits: limits) }
    }
    return nil
  }
}
