/// Turns text into the token ids of a model and back.
package protocol TextTokenizer: Sendable {
  /// The ids of pieces of text, joined. The strings of added tokens are cut out first, longest match at each position;
  /// what remains between them is tokenised each on its own. Special tokens are found only where they touch no literal
  /// piece.
  ///
  /// Runs in O(n log n) at most, for any text.
  /// - Parameter addBOS: Also add the ids that the model's family puts around a text, which is the
  ///   beginning-of-sequence id in front for LLaMA-style models and nothing for those that have none.
  func encode(_ pieces: [TextPiece], addBOS: Bool) -> [Int]

  /// The same tokenizer, in which these ids count as special where text is literal: those of added tokens that mean
  /// something to a model although its tokenizer's files do not call them special.
  func reserving(_ ids: Set<Int>) -> Self

  /// The UTF-8 bytes that the token `id` stands for, possibly only a part of a character; empty outside the vocabulary.
  func bytes(for id: Int) -> [UInt8]

  /// The text of `ids`; ids outside the vocabulary are left out.
  /// - Parameter skipSpecial: Leave out special tokens such as `</s>`.
  func decode(_ ids: [Int], skipSpecial: Bool) -> String

  /// The token `id` as the vocabulary spells it, or nil outside the vocabulary.
  func piece(for id: Int) -> String?

  /// The id of the token that the vocabulary spells `piece`, or nil.
  func id(for piece: String) -> Int?

  /// Whether `id` is a special token, which decoding can leave out.
  func isSpecial(_ id: Int) -> Bool

  /// Whether decoding takes one space off the start of the text, because encoding puts one there.
  var dropsLeadingSpace: Bool { get }

  /// Number of ids, added tokens included.
  var vocabularySize: Int { get }
  var bosID: Int? { get }
  var eosID: Int? { get }
  var padID: Int? { get }
  var unkID: Int? { get }
}

extension TextTokenizer {
  /// The ids of `text`, in which special tokens may be spelt.
  package func encode(_ text: String, addBOS: Bool) -> [Int] { encode([TextPiece(text)], addBOS: addBOS) }

  /// The ids of `text` with what the model's family puts around it.
  package func encode(_ text: String) -> [Int] { encode(text, addBOS: true) }

  /// The text of `ids`, special tokens left out.
  package func decode(_ ids: [Int]) -> String { decode(ids, skipSpecial: true) }
}
