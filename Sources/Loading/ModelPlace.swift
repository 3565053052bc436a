package import Foundation

/// Where a model lies: its folder or file, and what belongs to it elsewhere.
package struct ModelPlace: Sendable, Hashable {
  /// A checkpoint folder in its family's layout, or a GGUF file.
  package var url: URL
  /// The model that `url` only changes, for folders that hold an adapter or a projector; by default the one that an adapter
  /// names.
  package var base: URL?
  /// The picture encoder's file of a GGUF model; without it such a model reads text only.
  package var projector: URL?

  package init(_ url: URL, base: URL? = nil, projector: URL? = nil) {
    self.url = url
    self.base = base
    self.projector = projector
  }

  /// All files and folders that are named.
  package var urls: [URL] { [url] + [base, projector].compactMap { $0 } }
}

/// What says where a model lies: a place, or the URL of one that needs nothing else.
package protocol ModelPlacing: Sendable {
  var modelPlace: ModelPlace { get }
}

extension ModelPlace: ModelPlacing {
  package var modelPlace: ModelPlace { self }
}

extension URL: ModelPlacing {
  package var modelPlace: ModelPlace { ModelPlace(self) }
}
