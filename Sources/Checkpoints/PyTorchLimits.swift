/// What a PyTorch file may demand before it is refused. The defaults hold every known checkpoint many times over and
/// bound the time for a hostile one.
public struct PyTorchLimits: Sendable {
  /// Bytes of the pickle that describes the tensors.
  public var pickleBytes = 16 << 20
  /// Steps that reading the pickle takes; some forty for each tensor.
  public var operations = 400_000
  /// Names of functions and classes that it mentions; usually a handful, each once.
  public var mentions = 20_000
  /// Values that wait at a time to become part of another.
  public var stackValues = 100_000
  /// Values that are kept to be used again.
  public var memoValues = 400_000
  /// Bytes of a text.
  public var textBytes = 1 << 20
  /// Dictionaries and lists inside each other.
  public var depth = 16
  /// Files in a zip archive.
  public var archiveEntries = 50_000
  public var tensors = 50_000
  public var rank = 8
  public var nameBytes = 1024

  public init() {}
}
