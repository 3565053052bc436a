package import Models

/// Under which names checkpoints store routers.
package enum RouterNames {
  /// The layer index in `….layers.N.router.weight`.
  package static func layer(ofRouter name: String) -> Int? {
    let parts = name.split(separator: ".")
    guard parts.count >= 4, parts.suffix(2) == ["router", "weight"], parts[parts.count - 4] == "layers" else {
      return nil
    }
    return Int(parts[parts.count - 3])
  }

  /// The name of a layer's router in its family's checkpoints.
  package static func name(_ decoder: TransformerDecoder, _ layer: Int) -> String {
    "\(decoder.names.layer(layer)).router.weight"
  }
}
