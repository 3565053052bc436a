package import Foundation

/// What somebody names where a file is wanted: its path, its URL, or a URL that holds the content itself.
package enum NamedContent: Sendable, Equatable {
  case file(URL)
  case content(Data)

  /// - Parameters:
  ///   - folder: Where paths start from; the current folder if nil.
  ///   - limit: The most bytes that a URL may hold.
  /// - Throws: `FileError` for an empty name, and for a URL that is not sound or leads to the network.
  package init(_ name: String, relativeTo folder: URL? = nil, limit: Int) throws {
    guard !name.isEmpty else {
      throw FileError("\"\"", "the name of a file is needed here, not an empty text")
    }
    let scheme = Self.scheme(of: name)
    switch scheme {
    case "data": self = .content(try Self.data(name, limit: limit))
    case "file":
      guard let url = URL(string: name), url.isFileURL, ["", "localhost"].contains(url.host ?? "") else {
        throw FileError(name, "this is no URL of a file; write file:///folder/name, or the path alone")
      }
      self = .file(URL(fileURLWithPath: url.path))
    case .some:
      throw FileError(
        Self.start(of: name), "nothing is read from the network; download the file and give its path")
    case nil: self = .file(URL(fileURLWithPath: name, relativeTo: folder).absoluteURL)
    }
  }

  /// `data:` and `file:` with whatever follows, and other schemes where `//` follows; a path may well hold a colon.
  private static func scheme(of name: String) -> String? {
    guard let colon = name.firstIndex(of: ":") else { return nil }
    let scheme = name[..<colon].lowercased()
    guard scheme.count > 1,
      scheme.allSatisfy({ $0.isASCII && ($0.isLetter || "+.-".contains($0) || $0.isNumber) })
    else { return nil }
    let isAlone = scheme == "data" && name.contains(",") || scheme == "file" && name.hasPrefix("file:/")
    return isAlone || name[colon...].hasPrefix("://") ? scheme : nil
  }

  private static func data(_ name: String, limit: Int) throws -> Data {
    let parts = name.split(separator: ",", maxSplits: 1, omittingEmptySubsequences: false)
    let (head, body) = (parts[0], parts.count > 1 ? parts[1] : "")
    guard body.utf8.count / 4 * 3 <= limit else {
      throw FileError(start(of: name), "the URL holds more than the limit of \(limit) bytes; give a file")
    }
    let content =
      head.lowercased().hasSuffix(";base64")
      ? Data(base64Encoded: String(body), options: .ignoreUnknownCharacters)
      : body.removingPercentEncoding.map { Data($0.utf8) }
    guard let content, !content.isEmpty else {
      throw FileError(
        start(of: name),
        "the URL holds no content that can be read; write data:image/png;base64,… or give a file")
    }
    return content
  }

  /// As much of a URL as stands well in a sentence.
  private static func start(of name: String) -> String { name.count > 80 ? name.prefix(80) + "…" : name }
}
