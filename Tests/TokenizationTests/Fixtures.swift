import Foundation
import StrictJSON
import Testing

@testable import Tokenization

/// The golden files beside the tests.
enum Fixtures {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures/tokenizers")

  static let repository = folder.deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  static func object(_ path: String) throws -> JSONObject {
    try JSONObject.read(contentsOf: folder.appendingPathComponent(path))
  }

  /// The tokenizer of a fixture's tokenizer.model without the other files of its folder.
  static func sentencePiece(_ name: String, isLegacy: Bool = true) throws -> SentencePieceTokenizer {
    let file = folder.appendingPathComponent("\(name)/tokenizer.model")
    return try SentencePieceTokenizer(bytes: Array(Data(contentsOf: file)), isLegacy: isLegacy)
  }
}
