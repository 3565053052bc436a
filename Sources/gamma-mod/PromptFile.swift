import Foundation

/// A file that holds a question.
enum PromptFile {
  private static let mostBytes = 16 << 20

  /// The file's text without a line break at its end, as llama.cpp reads it.
  /// - Parameter path: A file, or "-" for standard input.
  static func read(_ path: String) throws -> String {
    let name = path == "-" ? "standard input" : path
    let data: Data
    if path == "-" {
      data = try StandardInput.data(limit: mostBytes + 1)
    } else {
      guard let handle = FileHandle(forReadingAtPath: path) else {
        throw StreamError("\(name): the file cannot be opened; check the path and its permissions")
      }
      guard let content = try? handle.read(upToCount: mostBytes + 1) else {
        throw StreamError("\(name): it cannot be read; give a text file")
      }
      data = content
    }
    guard data.count <= mostBytes else {
      throw StreamError(
        "\(name): longer than \(mostBytes >> 20) MiB, which no model reads; give a shorter text")
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw StreamError("\(name): it is no UTF-8 text; convert it")
    }
    return text.hasSuffix("\n") ? String(text.dropLast()) : text
  }
}
