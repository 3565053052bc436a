internal import Images

/// What tells pictures apart.
enum PictureKey: Hashable {
  /// By all numbers that the encoder reads.
  case digest(PictureDigest)
  /// By a name that whoever gave the rows has for them.
  case named(String)

  /// Nil for rows that were given without a name.
  init?(_ picture: PromptPicture) {
    guard case .input(let input) = picture.content else { return nil }
    self = .digest(input.digest)
  }
}
