internal import Files
internal import Foundation

/// The run's numbers for TensorBoard, which finds the file by `tfevents` in its name.
final class EventFile {
  static let name = "events.out.tfevents.gamma-mod"

  private let handle: FileHandle
  private let url: URL

  /// Opens the file and forgets what it holds behind `steps`, which a resumed run writes again, so that no step is there
  /// twice.
  init(in folder: URL, keepingThrough steps: Int) throws {
    url = folder.appendingPathComponent(Self.name)
    var kept: [UInt8] = []
    if steps > 0, let old = FileManager.default.contents(atPath: url.path) {
      for record in RecordFraming.records(in: old) {
        guard let step = ScalarEvent.step(of: record), step <= steps else { break }
        kept += RecordFraming.frame(record)
      }
    }
    if kept.isEmpty { kept = RecordFraming.frame(ScalarEvent.opening(time: Date().timeIntervalSince1970)) }
    try AtomicFile.write(Data(kept), to: url)
    handle = try FileHandle(forWritingTo: url)
    try handle.seekToEnd()
  }

  deinit { try? handle.close() }

  /// - Parameter kind: What the numbers belong to; TensorBoard groups them by it.
  func write(step: Int, _ kind: String, _ values: [(String, Double)]) throws {
    let event = ScalarEvent(
      time: Date().timeIntervalSince1970, step: step,
      scalars: values.map { (tag: "\(kind)/\($0)", value: Float($1)) })
    do {
      try handle.write(contentsOf: Data(RecordFraming.frame(event.encoded)))
    } catch {
      throw FileError(url.path, "writing failed; check the free space of the disk")
    }
  }
}
