/// The numbers of the world: change them here and nowhere else.
package enum WorldRules {
  /// Width and height of a picture, in pixels.
  package static let side = 96
  /// Width and height of a patch, in pixels; one patch is one image token.
  package static let patchSide = 8
  package static let patchesPerSide = side / patchSide
  package static let patchCount = patchesPerSide * patchesPerSide
  /// Bytes of a picture: RGB, row-major.
  package static let pictureBytes = side * side * 3

  static let backgrounds: [RGB] = [
    RGB(255, 255, 255), RGB(235, 235, 235), RGB(225, 235, 245), RGB(245, 235, 220),
  ]
  /// Weights of scenes with one, two, three and four objects.
  static let objectCountWeights = [1, 3, 3, 2]
  static let maximumObjects = objectCountWeights.count
  static let radiusJitter = 1
  static let centreJitter = 2
  /// Centres of two objects lie at least this share (a fraction) of their radii's sum apart.
  static let minimumDistance = (numerator: 3, denominator: 4)
  static let placementTries = 60
  /// Share of scenes, in percent, that get a word if there is room.
  static let wordPercent = 60
  static let wordLength = 3
  /// One scene in this many belongs to the validation split.
  static let validationShare: UInt64 = 8

  /// A side or quadrant is asked for only if the centre is at least this far from the middle line, in pixels.
  static let sideMargin = 8
  /// "left of" and the like hold from this difference on, in pixels.
  static let relationMargin = 12
  /// Share of relation questions, in percent, that ask for yes or no.
  static let verifyPercent = 60
  /// Weights of the answers 0…4 to counting questions, among those that the scene allows; they even out that
  /// small numbers are possible in more scenes.
  static let countWeights = [2, 2, 5, 14, 30]

  static let words = [
    "cat", "dog", "sun", "car", "bus", "cup", "hat", "pen", "box", "key", "map", "owl", "fox", "bee", "ant",
    "cow",
    "pig", "hen", "jam", "pie", "tea", "ice", "oil", "egg", "fan", "net", "log", "ink", "gem", "zoo", "sky",
    "sea",
    "toy", "bag", "bed", "bat", "bow", "arm", "leg", "ear",
  ]
}

/// A color, 8 bits a channel.
package struct RGB: Sendable, Hashable {
  package let red: UInt8
  package let green: UInt8
  package let blue: UInt8

  init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
    self.red = red
    self.green = green
    self.blue = blue
  }
}
