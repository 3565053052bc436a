public import Foundation
public import Images
internal import StrictJSON

extension CLIPImageProcessor {
  /// The processor that a folder's preprocessor_config.json describes.
  ///
  /// Where the file is missing, LLaVA-1.5's own rules for the tower's size apply.
  /// - Parameter side: The side of the square that the tower reads, in pixels.
  /// - Throws: If the file asks for something that this processor does not do.
  public init(modelFolder: URL, side: Int) throws {
    let file = modelFolder.appendingPathComponent("preprocessor_config.json")
    guard FileManager.default.fileExists(atPath: file.path) else {
      self.init()
      size = .shortestEdge(side)
      (cropWidth, cropHeight) = (side, side)
      padsToSquare = true
      return
    }
    var json = try JSONObject.read(contentsOf: file)
    // What the file leaves open follows the tower.
    if json["size"] == nil { json["size"] = JSONValue(side) }
    if json["crop_size"] == nil { json["crop_size"] = JSONValue(side) }
    try self.init(preprocessor: json)
  }
}
