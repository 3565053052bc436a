package import Foundation
internal import StrictJSON

/// Questions for measurements rather than for scores.
package enum QuestionSamples {
  /// The first questions of a place, those of several benchmarks in turn.
  /// - Parameters:
  ///   - url: A benchmark's folder, a folder of such folders, of which questions with pictures are taken; or a JSON
  ///     Lines file of `{"image": path, "text": question}`, in which the image may be missing and its path starts from
  ///     the file's folder.
  ///   - count: At most this many.
  /// - Throws: `BenchmarkError` or `JSONError` if there are none or a file is not as it should be.
  package static func read(_ url: URL, count: Int) throws -> [BenchmarkItem] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
      throw BenchmarkError.file(
        path: url.path, problem: "there is no such file or folder",
        remedy: "give a benchmark's folder or a JSON Lines file")
    }
    let lists =
      isFolder.boolValue
      ? try folders(in: url).map { try $0.items().filter { $0.image != nil } }
      : [try lines(url, count: count)]
    var samples: [BenchmarkItem] = []
    for round in 0..<(lists.map(\.count).max() ?? 0) {
      for list in lists where round < list.count && samples.count < count { samples.append(list[round]) }
    }
    guard !samples.isEmpty else {
      throw BenchmarkError.file(
        path: url.path, problem: "no question with a picture is there", remedy: "give another benchmark")
    }
    return samples
  }

  private static func folders(in url: URL) throws -> [BenchmarkFolder] {
    let all = try Benchmark.allCases.map { try BenchmarkFolder($0, at: url) }
    let inside = all.filter { $0.url != url }
    if !inside.isEmpty { return inside }
    let name = url.standardizedFileURL.lastPathComponent
    if let own = all.first(where: { $0.benchmark.folderNames.contains(name) }) { return [own] }
    if let fitting = all.first(where: { (try? $0.items(limit: 1))?.isEmpty == false }) { return [fitting] }
    throw BenchmarkError.file(
      path: url.path, problem: "this is the folder of no known benchmark and holds none",
      remedy:
        "name the folder after its benchmark: \(Benchmark.allCases.map(\.rawValue).joined(separator: ", "))"
    )
  }

  private static func lines(_ url: URL, count: Int) throws -> [BenchmarkItem] {
    let folder = url.deletingLastPathComponent()
    var reader = try JSONLinesReader(url)
    var items: [BenchmarkItem] = []
    while items.count < count, let object = try reader.readObject() {
      let image = try object.optionalString("image")
      items.append(
        BenchmarkItem(
          id: .number(reader.line),
          image: try image.map { try BenchmarkItem.Picture(named: $0, relativeTo: folder) },
          prompt: try object.string("text"), place: object.whereabouts ?? ""))
    }
    return items
  }
}
