internal import StrictJSON

// Each of these throws `JSONError` if a value makes no sense or asks for what is not supported.

extension LLaVAOneVisionImageProcessor {
  /// Reads LLaVA-OneVision's settings, or LLaVA-NeXT's where the file names it.
  package init(_ settings: PreprocessorSettings) throws {
    var sizes: [ImageInput.Size] = []
    for (index, pair) in try settings.json.array("image_grid_pinpoints").enumerated() {
      guard let sides = pair.array, sides.count == 2, let height = sides[0].int, let width = sides[1].int,
        width > 0, height > 0
      else {
        throw settings.json.error(at: "image_grid_pinpoints[\(index)]", "a height and a width are needed")
      }
      sizes.append(ImageInput.Size(height: height, width: width))
    }
    let isNext = try settings.type() == "LlavaNextImageProcessor"
    try self.init(
      settings, sizes: TileSizes(sizes), side: isNext ? 224 : 384, usual: isNext ? .clip : .symmetric)
  }

  /// Reads what is set of a tower's own file.
  /// - Parameters:
  ///   - side: The tiles' side where the file does not say.
  ///   - usual: How bytes become samples where the file does not say.
  package init(
    _ settings: PreprocessorSettings, sizes: TileSizes, side: Int, usual: SampleNormalization
  ) throws {
    try settings.requireResize()
    self.init(sizes: sizes.sizes)
    (tileWidth, tileHeight) = try settings.rectangle("size") ?? (side, side)
    let crops = try settings.json.optionalBool("do_center_crop") ?? true
    if crops, let crop = try settings.rectangle("crop_size"), crop != (tileWidth, tileHeight) {
      throw settings.json.error(at: "crop_size", "it must be the size of the tiles")
    }
    filter = try settings.filter(or: filter)
    normalization = try settings.normalization(or: usual)
  }
}

extension InternVLImageProcessor {
  /// Reads the settings, and from config.json those of InternVL's own code.
  /// - Parameter crops: Whether pictures are cut up; nil leaves it to the file.
  package init(_ settings: PreprocessorSettings, crops: Bool? = nil) throws {
    try settings.requireResize()
    self.init()
    let (json, model) = (settings.json, settings.model)
    (tileWidth, tileHeight) = try settings.rectangle("size") ?? (tileWidth, tileHeight)
    leastTiles = try json.optionalInt("min_patches") ?? model.optionalInt("min_dynamic_patch") ?? leastTiles
    mostTiles = try json.optionalInt("max_patches") ?? model.optionalInt("max_dynamic_patch") ?? mostTiles
    addsWhole = try model.optionalBool("use_thumbnail") ?? addsWhole
    let isCropped = try crops ?? json.optionalBool("crop_to_patches") ?? false
    if try !isCropped || model.optionalBool("dynamic_image_size") == false {
      (leastTiles, mostTiles) = (1, 1)
    }
    guard (1...256).contains(mostTiles), (1...mostTiles).contains(leastTiles) else {
      throw json.error(at: "max_patches", "there must be 1 to 256 tiles, and no fewer than min_patches")
    }
    filter = try settings.filter(or: filter)
    normalization = try settings.normalization(or: .clip)
  }
}

extension PixtralImageProcessor {
  /// - Parameter merge: Patches along one side of what the model makes one row of.
  package init(_ settings: PreprocessorSettings, merge: Int = 1) throws {
    try settings.requireResize()
    self.init()
    let json = settings.json
    switch try settings.length("size") {
    case nil: break
    case .edge(let edge)?, .edges(_, let edge?)?: (mostWidth, mostHeight) = (edge, edge)
    case .exact(let width, let height)?: (mostWidth, mostHeight) = (width, height)
    case .edges?: throw json.error(at: "size", "a longest_edge or a width and a height are needed")
    }
    let (width, height) = try settings.rectangle("patch_size") ?? (16, 16)
    guard width == height, (1...1024).contains(width), (1...64).contains(merge), mostWidth > 0, mostHeight > 0
    else { throw json.error(at: "patch_size", "squares of 1 to 1024 pixels are supported") }
    cellSide = width * merge
    filter = try settings.filter(or: filter)
    normalization = try settings.normalization(or: normalization)
  }
}

extension PreprocessorSettings {
  /// A width and a height, or the side of a square.
  fileprivate func rectangle(_ key: String) throws -> (Int, Int)? {
    switch try length(key) {
    case nil: return nil
    case .edge(let side)?, .edges(let side?, _)?: return (side, side)
    case .exact(let width, let height)?: return (width, height)
    case .edges?: throw json.error(at: key, "a width and a height are needed")
    }
  }
}
