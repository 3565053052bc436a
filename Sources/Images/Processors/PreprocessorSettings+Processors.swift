internal import StrictJSON

// Each of these throws `JSONError` if a value makes no sense or asks for what is not supported.

extension CLIPImageProcessor {
  /// Reads CLIP's settings, or SigLIP's where the file names it. A missing key means what it means for CLIP ViT-L/14 at
  /// 336 pixels.
  package init(_ settings: PreprocessorSettings) throws {
    if try settings.type() == "SiglipImageProcessor" {
      try self.init(siglip: settings)
      return
    }
    self.init()
    let (json, model) = (settings.json, settings.model)
    padsToSquare = try json.optionalBool("do_pad") ?? false
    switch try settings.length("size") {
    case nil: break
    case .edge(let edge)?, .edges(let edge?, _)?: size = .shortestEdge(edge)
    case .exact(let width, let height)?: size = .exact(width: width, height: height)
    case .edges?: throw json.error(at: "size", "a shortest_edge or a width and a height are needed")
    }
    if try json.optionalBool("do_resize") == false { size = nil }
    switch try settings.length("crop_size") {
    case nil: break
    case .edge(let edge)?: (cropWidth, cropHeight) = (edge, edge)
    case .exact(let width, let height)?: (cropWidth, cropHeight) = (width, height)
    case .edges?: throw json.error(at: "crop_size", "an integer or a width and a height are needed")
    }
    if try json.optionalBool("do_center_crop") == false { (cropWidth, cropHeight) = (nil, nil) }
    filter = try settings.filter(or: filter)
    normalization = try settings.normalization(or: normalization)
    switch try model.optionalString("image_aspect_ratio") {
    case "pad": padsToSquare = true
    case nil, "square": break
    case let ratio?:
      throw model.error(at: "image_aspect_ratio", "\"\(ratio)\" is not supported; \"pad\" and \"square\" are")
    }
  }

  /// Reads SigLIP's, which never crops.
  private init(siglip settings: PreprocessorSettings) throws {
    self = .siglip(side: 224)
    switch try settings.length("size") {
    case nil: break
    case .edge(let side)?: size = .exact(width: side, height: side)
    case .exact(let width, let height)?: size = .exact(width: width, height: height)
    case .edges?: throw settings.json.error(at: "size", "a width and a height are needed")
    }
    if try settings.json.optionalBool("do_resize") == false { size = nil }
    filter = try settings.filter(or: filter)
    normalization = try settings.normalization(or: normalization)
  }
}

extension LLaVAHRImageProcessor {
  /// Reads CLIP's settings, and from config.json the side of the larger picture.
  package init(_ settings: PreprocessorSettings) throws {
    slow = try CLIPImageProcessor(settings)
    if let side = try settings.model.optionalInt("input_image_size") { slow = slow.square(side) }
  }
}

extension MGMImageProcessor {
  /// Reads CLIP's settings, and from config.json those of the larger picture and the tiles.
  package init(_ settings: PreprocessorSettings) throws {
    let (clip, model) = (try CLIPImageProcessor(settings), settings.model)
    guard let side = clip.cropWidth, side == clip.cropHeight else {
      throw settings.json.error(at: "crop_size", "a square is needed for the first of two towers")
    }
    self.init(large: clip.square(try model.optionalInt("image_size_aux") ?? 320), side: side)
    grid = try model.optionalInt("image_grid") ?? 1
    addsWhole = try model.optionalBool("image_global") ?? false
  }
}

extension QwenVLImageProcessor {
  package init(_ settings: PreprocessorSettings) throws {
    try settings.requireResize()
    self.init()
    let json = settings.json
    patchSize = try json.optionalInt("patch_size") ?? patchSize
    mergeSize = try json.optionalInt("merge_size") ?? mergeSize
    temporalPatchSize = try json.optionalInt("temporal_patch_size") ?? temporalPatchSize
    // Newer files call the areas edges of the size.
    if case .edges(let smallest, let largest)? = try settings.length("size") {
      smallestArea = smallest ?? smallestArea
      largestArea = largest ?? largestArea
    }
    smallestArea = try json.optionalInt("min_pixels") ?? smallestArea
    largestArea = try json.optionalInt("max_pixels") ?? largestArea
    filter = try settings.filter(or: filter)
    normalization = try settings.normalization(or: normalization)
  }
}

extension Idefics3ImageProcessor {
  package init(_ settings: PreprocessorSettings) throws {
    try settings.requireResize()
    self.init()
    longestEdge = try settings.longestEdge("size", or: longestEdge)
    tileSide = try settings.longestEdge("max_image_size", or: tileSide)
    splits = try settings.json.optionalBool("do_image_splitting") ?? true
    filter = try settings.filter(or: filter)
    normalization = try settings.normalization(or: normalization)
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

extension PreprocessorSettings {
  /// The processor that the settings name, where no family says which one its models need.
  package func processor() throws -> any ImageProcessor {
    switch try type() {
    case nil, "CLIPImageProcessor", "CLIPFeatureExtractor", "VideoFramesProcessor", "LlavaImageProcessor":
      // LLaVA-1.5, LLaVA-HR and MGM all carry CLIP's own file; config.json says what they make of it.
      if try model.optionalInt("image_size_aux") != nil { return try MGMImageProcessor(self) }
      // LLaVA-HR's code sets `size` to an integer and leaves `crop_size` an object, which no other does.
      let isWrittenByLLaVAHR = json["size"]?.int != nil && json["crop_size"]?.object != nil
      return try model.optionalBool("is_multipath_encoder") ?? isWrittenByLLaVAHR
        ? LLaVAHRImageProcessor(self) : CLIPImageProcessor(self)
    case "SiglipImageProcessor": return try CLIPImageProcessor(self)
    case "LlavaOnevisionImageProcessor", "LlavaNextImageProcessor":
      return try LLaVAOneVisionImageProcessor(self)
    case "GotOcr2ImageProcessor": return try InternVLImageProcessor(self)
    case "PixtralImageProcessor": return try PixtralImageProcessor(self)
    case "Qwen2VLImageProcessor", "Qwen2_5_VLImageProcessor": return try QwenVLImageProcessor(self)
    case "Idefics3ImageProcessor", "SmolVLMImageProcessor": return try Idefics3ImageProcessor(self)
    case let name?:
      throw json.error(
        at: "image_processor_type",
        "the image processor \"\(name)\" is not supported; those of CLIP, SigLIP, LLaVA-NeXT, LLaVA-OneVision, "
          + "GOT-OCR 2 (InternVL), Pixtral, Qwen2-VL, Idefics 3 and SmolVLM are")
    }
  }
}
