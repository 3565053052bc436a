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

  /// Reads Gemma 3's: SigLIP's, but linear between pixels.
  /// - Parameter side: Of the squares where the file does not say.
  package init(gemma settings: PreprocessorSettings, side: Int = 224) throws {
    guard try settings.json.optionalBool("do_pan_and_scan") != true else {
      throw settings.json.error(
        at: "do_pan_and_scan", "pictures cut up (pan and scan) are not supported; set it to false")
    }
    var usual = CLIPImageProcessor.siglip(side: side)
    usual.filter = .bilinear
    try self.init(siglip: settings, usual: usual)
  }

  /// Reads SigLIP's, which never crops.
  private init(siglip settings: PreprocessorSettings, usual: CLIPImageProcessor = .siglip(side: 224)) throws {
    self = usual
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
  /// - Parameter usual: The side of a patch where the file does not say.
  package init(_ settings: PreprocessorSettings, patchSize usual: Int = 14) throws {
    try settings.requireResize()
    self.init()
    let json = settings.json
    patchSize = try json.optionalInt("patch_size") ?? usual
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

extension LFM2VLImageProcessor {
  package init(_ settings: PreprocessorSettings) throws {
    try settings.requireResize()
    self.init()
    let json = settings.json
    func size(_ key: String, _ usual: Int) throws -> Int {
      let value = try json.optionalInt(key) ?? usual
      guard (1...1 << 14).contains(value) else {
        throw json.error(at: key, "a size between 1 and \(1 << 14) is needed, not \(value)")
      }
      return value
    }
    patchSize = try size("encoder_patch_size", patchSize)
    mergeSize = try size("downsample_factor", mergeSize)
    tileSide = try size("tile_size", tileSide)
    (fewestTiles, mostTiles) = (try size("min_tiles", fewestTiles), try size("max_tiles", mostTiles))
    (fewestRows, mostRows) = (
      try size("min_image_tokens", fewestRows), try size("max_image_tokens", mostRows)
    )
    tolerance = try json.optionalDouble("max_pixels_tolerance") ?? tolerance
    splits = try json.optionalBool("do_image_splitting") ?? true
    guard fewestTiles <= mostTiles, mostTiles <= 1024, fewestRows <= mostRows, tolerance > 0 else {
      throw json.error(at: "max_tiles", "no picture lies within the bounds of tiles and tokens")
    }
    guard patchSize * mergeSize <= 1 << 12 else {
      throw json.error(
        at: "encoder_patch_size", "squares of patches cannot have \(patchSize * mergeSize) pixels a side")
    }
    guard tileSide % (patchSize * mergeSize) == 0 else {
      throw json.error(at: "tile_size", "tiles must be made of squares of \(patchSize * mergeSize) pixels")
    }
    guard try json.optionalBool("use_thumbnail") ?? true else {
      throw json.error(at: "use_thumbnail", "tiles without the whole picture are not supported")
    }
    // The library resizes bytes as PyTorch does.
    let named = try settings.filter(or: .bilinear)
    guard named == .bilinear else {
      throw json.error(at: "resample", "only the linear filter (2) is supported for these models")
    }
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
    case "Gemma3ImageProcessor": return try CLIPImageProcessor(gemma: self)
    case "LlavaOnevisionImageProcessor", "LlavaNextImageProcessor":
      return try LLaVAOneVisionImageProcessor(self)
    case "GotOcr2ImageProcessor": return try InternVLImageProcessor(self)
    case "PixtralImageProcessor": return try PixtralImageProcessor(self)
    case "Qwen2VLImageProcessor", "Qwen2_5_VLImageProcessor": return try QwenVLImageProcessor(self)
    case "Lfm2VlImageProcessor": return try LFM2VLImageProcessor(self)
    case "Idefics3ImageProcessor", "SmolVLMImageProcessor": return try Idefics3ImageProcessor(self)
    case let name?:
      throw json.error(
        at: "image_processor_type",
        "the image processor \"\(name)\" is not supported; those of CLIP, SigLIP, Gemma 3, LLaVA-NeXT, LLaVA-OneVision, "
          + "GOT-OCR 2 (InternVL), Pixtral, Qwen2-VL, LFM2-VL, Idefics 3 and SmolVLM are")
    }
  }
}
