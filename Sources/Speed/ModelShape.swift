internal import Answering
package import Images
package import Models
package import Tensors

/// Well-known models with random weights, for timing without their files.
package enum ModelShape: String, Sendable, CaseIterable {
  case llama11b = "llama-1.1b"
  case llava15 = "llava-1.5-7b"
  case llavaHR = "llava-hr-7b"
  case mgmHD = "mgm-hd-7b"
  case smolVLM = "smolvlm-256m"
  case qwen25VL = "qwen2.5-vl-3b"

  /// Image tokens of a prompt for the shape that reads text only; those of LLaVA-1.5.
  package static let textOnlyImageTokens = 576

  /// The whole model, towers and projector included.
  /// - Parameters:
  ///   - precision: The format of the weights.
  ///   - memory: What may be taken.
  /// - Throws: `ModelError` if the memory cannot hold them.
  package func model(_ precision: WeightPrecision, memory: AvailableMemory = .current) throws
    -> VisionLanguageModel
  {
    let sizes = try Dictionary(
      uniqueKeysWithValues: WeightPrecision.choices.map {
        ($0, try ModelRegistry.standard.memory(configuration, $0))
      })
    try memory.check(rawValue, precision) { sizes[$0] ?? .max }
    return try ModelRegistry.standard.build(configuration, from: RepeatedNoise(precision))
  }

  /// What makes a picture the model's input; nil for the shape that reads text only.
  package func imageProcessor() throws -> (any ImageProcessor)? {
    try preprocessor.flatMap {
      try ModelRegistry.standard.family(configuration)
        .imageProcessor(PreprocessorSettings($0, model: configuration))
    }
  }

  /// A grey square, of a side that gives the model's usual image tokens.
  package func picture() throws -> ImageInput? {
    let side = self == .qwen25VL ? 896 : 1024
    let grey = RGBColor(red: 128, green: 128, blue: 128)
    return try imageProcessor()?.process(PixelImage(width: side, height: side, fill: grey))
  }
}
