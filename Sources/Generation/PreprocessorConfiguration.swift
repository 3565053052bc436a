public import Foundation
public import Images
internal import StrictJSON

extension CLIPImageProcessor {
  /// The processor that a folder's preprocessor_config.json describes.
  ///
  /// Where the file is missing, LLaVA-1.5's own rules for the tower's size apply.
  /// - Parameter side: The side of the square that the tower reads, in pixels.
  /// - Throws: If the file asks for something that this processor does not do, or for another size than the tower's.
  public init(modelFolder: URL, side: Int) throws {
    self.init()
    size = .shortestEdge(side)
    (cropWidth, cropHeight) = (side, side)
    padsToSquare = true
    let file = modelFolder.appendingPathComponent("preprocessor_config.json")
    guard FileManager.default.fileExists(atPath: file.path) else { return }
    let json = try JSONObject.read(contentsOf: file)
    padsToSquare = try json.optionalBool("do_pad") ?? false
    if try json.optionalBool("do_resize") ?? true {
      switch json["size"] {
      case .integer(let edge)?: size = .shortestEdge(Int(edge))
      case .object(let object)?:
        if let edge = try object.optionalInt("shortest_edge") {
          size = .shortestEdge(edge)
        } else {
          size = .exact(width: try object.int("width"), height: try object.int("height"))
        }
      default: break
      }
    } else {
      size = nil
    }
    if try json.optionalBool("do_center_crop") ?? true {
      switch json["crop_size"] {
      case .integer(let edge)?: (cropWidth, cropHeight) = (Int(edge), Int(edge))
      case .object(let object)?: (cropWidth, cropHeight) = (try object.int("width"), try object.int("height"))
      default: break
      }
    } else {
      (cropWidth, cropHeight) = (nil, nil)
    }
    if let code = try json.optionalInt("resample") {
      guard let filter = ResamplingFilter(pillowCode: code) else {
        throw json.error(at: "resample", "the filter \(code) is not supported; 1, 2 and 3 are")
      }
      self.filter = filter
    }
    rescaleFactor =
      try json.optionalBool("do_rescale") ?? true ? json.optionalDouble("rescale_factor") ?? 1 / 255 : nil
    normalizes = try json.optionalBool("do_normalize") ?? true
    mean = try json.optionalDoubles("image_mean") ?? mean
    standardDeviation = try json.optionalDoubles("image_std") ?? standardDeviation
    guard mean.count == 3, standardDeviation.count == 3, standardDeviation.allSatisfy({ $0 > 0 }) else {
      throw json.error(at: "image_std", "three means and three positive deviations are needed")
    }
  }
}
