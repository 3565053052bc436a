package import StrictJSON

/// What a preprocessor_config.json says, and what config.json adds to it.
package struct PreprocessorSettings: Sendable {
  /// preprocessor_config.json.
  let json: JSONObject
  /// config.json, whose keys `image_aspect_ratio`, `image_size_aux`, `image_grid`, `image_global`,
  /// `is_multipath_encoder` and `input_image_size` count.
  let model: JSONObject

  package init(_ json: JSONObject, model: JSONObject = JSONObject()) {
    self.json = json
    self.model = model
  }

  /// The settings of a model folder: preprocessor_config.json, or the `image_processor` of processor_config.json.
  ///
  /// - Parameters:
  ///   - documents: The files of the model.
  ///   - side: The side of the squares that CLIP's rules make where neither file is there; nil if one must be.
  /// - Throws: `JSONError` if a file cannot be read, `ImageError.noSettings` if one is needed and there is none.
  package init(_ documents: any DocumentSource, model: JSONObject, side: Int? = nil) throws {
    if let json = try documents.object("preprocessor_config.json")
      ?? documents.object("processor_config.json")?.optionalObject("image_processor")
    {
      self.init(json, model: model)
    } else if let side {
      self.init(JSONObject([("size", JSONValue(side)), ("crop_size", JSONValue(side))]), model: model)
    } else {
      throw ImageError.noSettings(folder: documents.path)
    }
  }

  /// What `size` or `crop_size` says; an integer stands for a shortest edge or a square.
  enum Length {
    case edge(Int)
    case edges(shortest: Int?, longest: Int?)
    case exact(width: Int, height: Int)
  }

  /// The class that the file names, without the suffix of its variants.
  func type() throws -> String? {
    guard
      let name = try json.optionalString("image_processor_type")
        ?? json.optionalString("feature_extractor_type")
    else { return nil }
    for suffix in ["Fast", "Pil"] where name.hasSuffix(suffix) { return String(name.dropLast(suffix.count)) }
    return name
  }

  func filter(or usual: ResamplingFilter) throws -> ResamplingFilter {
    guard let code = try json.optionalInt("resample") else { return usual }
    guard let filter = ResamplingFilter(pillowCode: code) else {
      throw json.error(at: "resample", "the filter \(code) is not supported; 1, 2 and 3 are")
    }
    return filter
  }

  func normalization(or usual: SampleNormalization) throws -> SampleNormalization {
    var result = usual
    result.rescaleFactor =
      try json.optionalBool("do_rescale") ?? true ? json.optionalDouble("rescale_factor") ?? 1 / 255 : nil
    result.normalizes = try json.optionalBool("do_normalize") ?? true
    result.mean = try json.optionalDoubles("image_mean") ?? usual.mean
    result.standardDeviation = try json.optionalDoubles("image_std") ?? usual.standardDeviation
    guard result.mean.count == 3, result.standardDeviation.count == 3,
      result.standardDeviation.allSatisfy({ $0 > 0 })
    else { throw json.error(at: "image_std", "three means and three positive deviations are needed") }
    return result
  }

  func length(_ key: String) throws -> Length? {
    guard let value = json[key], !value.isNull else { return nil }
    if let edge = value.int { return .edge(edge) }
    guard let object = value.object else {
      throw json.error(at: key, "must be an integer or an object, not \(value.kind)")
    }
    let shortest = try object.optionalInt("shortest_edge")
    let longest = try object.optionalInt("longest_edge")
    if shortest != nil || longest != nil { return .edges(shortest: shortest, longest: longest) }
    return .exact(width: try object.int("width"), height: try object.int("height"))
  }

  /// The `longest_edge` of `size` or `max_image_size`.
  func longestEdge(_ key: String, or usual: Int) throws -> Int {
    switch try length(key) {
    case nil: return usual
    case .edge(let edge)?: return edge
    case .edges(_, let longest?)?: return longest
    default: throw json.error(at: key, "a longest_edge is needed")
    }
  }

  /// `do_resize: false` is a way of working that only CLIP's processor has.
  func requireResize() throws {
    guard try json.optionalBool("do_resize") ?? true else {
      throw json.error(at: "do_resize", "pictures of this processor must be resized; set it to true")
    }
  }
}
