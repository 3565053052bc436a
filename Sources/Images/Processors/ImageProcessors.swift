package import Foundation
package import StrictJSON

/// Makes the image processor that a model's configuration describes.
package enum ImageProcessors {
  /// The processor of a model folder: preprocessor_config.json, or the `image_processor` of processor_config.json, and what
  /// config.json adds to it.
  ///
  /// - Parameter side: The side of the square that the tower reads, by which CLIP's rules apply where neither file is there.
  /// - Throws: `JSONError` if a file cannot be read or asks for what is not supported.
  package static func load(folder: URL, side: Int? = nil) throws -> any ImageProcessor {
    let model = try object("config.json", in: folder) ?? JSONObject()
    if let preprocessor = try object("preprocessor_config.json", in: folder) {
      return try make(preprocessor: preprocessor, model: model)
    }
    if let processor = try object("processor_config.json", in: folder),
      let preprocessor = try processor.optionalObject("image_processor")
    {
      return try make(preprocessor: preprocessor, model: model)
    }
    guard let side else {
      return try make(
        preprocessor: JSONObject.read(contentsOf: folder.appendingPathComponent("preprocessor_config.json")),
        model: model)
    }
    return try make(
      preprocessor: JSONObject([("size", JSONValue(side)), ("crop_size", JSONValue(side))]), model: model)
  }

  /// The processor of a preprocessor_config.json and a config.json, whose keys `image_aspect_ratio`, `image_size_aux`,
  /// `image_grid`, `image_global`, `is_multipath_encoder` and `input_image_size` count.
  ///
  /// - Throws: `JSONError` if a value makes no sense or asks for what is not supported.
  package static func make(preprocessor: JSONObject, model: JSONObject = JSONObject()) throws
    -> any ImageProcessor
  {
    let settings = PreprocessorSettings(json: preprocessor)
    switch try settings.type() {
    case nil, "CLIPImageProcessor", "CLIPFeatureExtractor", "VideoFramesProcessor", "LlavaImageProcessor":
      return try clipFamily(settings, model: model)
    case "SiglipImageProcessor":
      return try CLIPImageProcessor(siglip: settings)
    case "LlavaOnevisionImageProcessor":
      return try LLaVAOneVisionImageProcessor(settings)
    case "Qwen2VLImageProcessor", "Qwen2_5_VLImageProcessor":
      return try QwenVLImageProcessor(settings)
    case "Idefics3ImageProcessor", "SmolVLMImageProcessor":
      return try Idefics3ImageProcessor(settings)
    case let name?:
      throw preprocessor.error(
        at: "image_processor_type",
        "the image processor \"\(name)\" is not supported; those of CLIP, SigLIP, LLaVA-OneVision, Qwen2-VL, Idefics 3 "
          + "and SmolVLM are")
    }
  }

  /// LLaVA-1.5, LLaVA-HR and MGM all carry CLIP's own file; config.json says what they make of it.
  private static func clipFamily(_ settings: PreprocessorSettings, model: JSONObject) throws
    -> any ImageProcessor
  {
    var clip = try CLIPImageProcessor(preprocessor: settings.json)
    switch try model.optionalString("image_aspect_ratio") {
    case "pad": clip.padsToSquare = true
    case nil, "square": break
    case let ratio?:
      throw model.error(at: "image_aspect_ratio", "\"\(ratio)\" is not supported; \"pad\" and \"square\" are")
    }
    if let large = try model.optionalInt("image_size_aux") {
      guard let side = clip.cropWidth, side == clip.cropHeight else {
        throw settings.json.error(at: "crop_size", "a square is needed for the first of two towers")
      }
      var processor = MGMImageProcessor(large: clip.square(large), side: side)
      processor.grid = try model.optionalInt("image_grid") ?? 1
      processor.addsWhole = try model.optionalBool("image_global") ?? false
      return processor
    }
    // LLaVA-HR's code sets `size` to an integer and leaves `crop_size` an object, which no other does.
    let isWrittenByLLaVAHR = settings.json["size"]?.int != nil && settings.json["crop_size"]?.object != nil
    guard try model.optionalBool("is_multipath_encoder") ?? isWrittenByLLaVAHR else { return clip }
    if let side = try model.optionalInt("input_image_size") { clip = clip.square(side) }
    return LLaVAHRImageProcessor(slow: clip)
  }

  private static func object(_ name: String, in folder: URL) throws -> JSONObject? {
    let file = folder.appendingPathComponent(name)
    guard FileManager.default.fileExists(atPath: file.path) else { return nil }
    return try JSONObject.read(contentsOf: file)
  }
}

extension CLIPImageProcessor {
  /// The same for squares of another side.
  fileprivate func square(_ side: Int) -> CLIPImageProcessor {
    var processor = self
    processor.size = .shortestEdge(side)
    (processor.cropWidth, processor.cropHeight) = (side, side)
    return processor
  }
}
