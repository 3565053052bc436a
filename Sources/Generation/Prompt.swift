public import Models
public import Tensors

/// Token ids with one id per image row, and the pictures that fill these rows.
public struct Prompt: Sendable {
  public let ids: [Int]
  public let imageTokenID: Int?
  /// - Shape: `[pictures, 3, side, side]`
  public let pixels: Tensor?

  public init(ids: [Int], imageTokenID: Int?, pixels: Tensor?) {
    self.ids = ids
    self.imageTokenID = imageTokenID
    self.pixels = pixels
  }

  public var imageRows: Int { ids.count { $0 == imageTokenID } }

  /// One role per row.
  public var roles: [RowRole] { ids.map { $0 == imageTokenID ? .image : .prompt } }

  /// How many rows this prompt and another have in common at their start, if that part holds all pictures of both and
  /// these are the same.
  func sharedPrefix(with other: Prompt) -> Int {
    let common = zip(ids, other.ids).prefix { $0 == $1 }.count
    let lastImage = max(
      ids.lastIndex { $0 == imageTokenID } ?? -1, other.ids.lastIndex { $0 == other.imageTokenID } ?? -1)
    guard lastImage >= 0, common > lastImage, let pixels, let otherPixels = other.pixels,
      pixels.storage === otherPixels.storage || pixels.floats() == otherPixels.floats()
    else { return 0 }
    // At least one row must remain to answer from.
    return min(common, ids.count - 1, other.ids.count - 1)
  }
}
