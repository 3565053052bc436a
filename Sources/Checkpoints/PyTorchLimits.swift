/// What a PyTorch file may demand before it is refused. The defaults hold every known checkpoint many times over and
/// bound the time for a hostile one.
package struct PyTorchLimits: Sendable {
  /// Bytes of the pickle that describes the tensors.
  package var pickleBytes = 16 << 20
  /// Steps that reading the pickle takes; some forty for each tensor.
  package var operations = 400_000
  /// Names of functions and classes that it mentions; usually a handful, each once.
  package var mentions = 20_000
  /// Values that wait at a time to become part of another.
  package var stackValues = 100_000
  /// Values that are kept to be used again.
  package var memoValues = 400_000
  /// Bytes of a text.
  package var textBytes = 1 << 20
  /// Dictionaries and lists inside each other.
  package var depth = 16
  /// Files in a zip archive.
  package var archiveEntries = 50_000
  package var tensors = 50_000
  package var rank = 8
  package var nameBytes = 1024

  package init() {}
}
