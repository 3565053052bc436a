import Testing

@testable import Files

/// Vectors of NIST's "Secure Hash Standard: examples" and of the long-message test.
@Suite struct SHA256Tests {
  private func hash(_ pieces: [[UInt8]]) -> String {
    var hash = SHA256()
    for piece in pieces { piece.withUnsafeBytes { hash.update($0) } }
    return hash.hexadecimal()
  }

  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
      "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
    ),
  ])
  func matchesTheStandard(_ text: String, _ expected: String) {
    #expect(hash([Array(text.utf8)]) == expected)
    #expect(hash(text.utf8.map { [$0] }) == expected)
  }

  @Test func matchesTheStandardForAMillionBytes() {
    let expected = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    #expect(hash([[UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)]) == expected)
    #expect(hash((0..<8000).map { _ in [UInt8](repeating: UInt8(ascii: "a"), count: 125) }) == expected)
  }
}
