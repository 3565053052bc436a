import Testing

@testable import Checkpoints

/// A pickle that must be refused.
struct HostilePickle: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let pickle: [UInt8]
  /// What the error must say.
  let phrase: String

  init(_ name: String, _ body: [UInt8], _ phrase: String, version: UInt8 = 2) {
    testDescription = name
    pickle = PickleBytes.pickle(body, version: version)
    self.phrase = phrase
  }

  /// Instructions of one byte, and what follows them.
  static func code(_ characters: String) -> [UInt8] { Array(characters.utf8) }
}
