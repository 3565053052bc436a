package import Foundation

/// The small files of a model, by the names that they have in its folder: of a folder, or of a file that holds everything.
package protocol DocumentSource: Sendable {
  /// The folder or file, for messages.
  var path: String { get }
  /// What is there under a name; nil if there is nothing.
  func document(_ name: String) throws -> Document?
}

/// A small file of a model, or what stands for it.
package enum Document: Sendable {
  case file(URL)
  case object(JSONObject)
  case bytes([UInt8])
}

extension DocumentSource {
  /// Whether there is something under a name.
  package func contains(_ name: String) throws -> Bool { try document(name) != nil }

  /// A document that holds a JSON object; nil if there is none.
  /// - Throws: `JSONError` if it is malformed or over a limit.
  package func object(_ name: String, limits: JSONLimits = JSONLimits()) throws -> JSONObject? {
    switch try document(name) {
    case nil: nil
    case .file(let url)?: try JSONObject.read(contentsOf: url, limits: limits)
    case .object(let object)?: object
    case .bytes(let bytes)?: try JSONValue(parsing: bytes, file: "\(path): \(name)", limits: limits).object
    }
  }
}

/// The files of a folder.
package struct FolderDocuments: DocumentSource {
  package let folder: URL

  package init(_ folder: URL) { self.folder = folder }

  package var path: String { folder.path }

  package func document(_ name: String) -> Document? {
    let url = folder.appendingPathComponent(name)
    return FileManager.default.fileExists(atPath: url.path) ? .file(url) : nil
  }
}

/// Documents of several sources, of which the first that has one counts.
package struct LayeredDocuments: DocumentSource {
  private let sources: [any DocumentSource]
  package let path: String

  /// - Parameter path: Names all of them in messages.
  package init(_ sources: [any DocumentSource], path: String) {
    self.sources = sources
    self.path = path
  }

  package func document(_ name: String) throws -> Document? {
    for source in sources {
      if let document = try source.document(name) { return document }
    }
    return nil
  }
}
