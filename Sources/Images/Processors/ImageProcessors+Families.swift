package import StrictJSON

extension CLIPImageProcessor {
  /// Reads CLIP's preprocessor_config.json. A missing key means what it means for CLIP ViT-L/14 at 336 pixels.
  ///
  /// - Throws: `JSONError` if a value makes no sense or asks for what is not supported.
  package init(preprocessor json: JSONObject) throws {
    self.init()
    let settings = PreprocessorSettings(json: json)
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
  }

  /// Reads SigLIP's, which never crops.
  init(siglip settings: PreprocessorSettings) throws {
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

extension LLaVAOneVisionImageProcessor {
  init(_ settings: PreprocessorSettings) throws {
    try settings.requireResize()
    var sizes: [ImageInput.Size] = []
    for (index, pair) in try settings.json.array("image_grid_pinpoints").enumerated() {
      guard let sides = pair.array, sides.count == 2, let height = sides[0].int, let width = sides[1].int,
        width > 0, height > 0
      else {
        throw settings.json.error(at: "image_grid_pinpoints[\(index)]", "a height and a width are needed")
      }
      sizes.append(ImageInput.Size(height: height, width: width))
    }
    self.init(sizes: sizes)
    switch try settings.length("size") {
    case nil: break
    case .edge(let side)?, .edges(let side?, _)?: (tileWidth, tileHeight) = (side, side)
    case .exact(let width, let height)?: (tileWidth, tileHeight) = (width, height)
    case .edges?: throw settings.json.error(at: "size", "a width and a height are needed")
    }
    filter = try settings.filter(or: filter)
    normalization = try settings.normalization(or: normalization)
  }
}

extension QwenVLImageProcessor {
  init(_ settings: PreprocessorSettings) throws {
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
  init(_ settings: PreprocessorSettings) throws {
    try settings.requireResize()
    self.init()
    longestEdge = try settings.longestEdge("size", or: longestEdge)
    tileSide = try settings.longestEdge("max_image_size", or: tileSide)
    splits = try settings.json.optionalBool("do_image_splitting") ?? true
    filter = try settings.filter(or: filter)
    normalization = try settings.normalization(or: normalization)
  }
}
