package import Foundation
internal import StrictJSON

/// A benchmark's files, laid out as their authors publish them.
package struct BenchmarkFolder: Sendable {
  package let benchmark: Benchmark
  package let url: URL
  /// A question file in place of the one in the folder.
  package var questionFile: URL?
  /// A folder of pictures in place of those in the folder.
  package var imageFolder: URL?
  let faults: RowFaults

  /// Takes the benchmark's own folder, or a folder that holds one such folder per benchmark.
  /// - Parameter lenient: Leave questions out that cannot be read, and name them in `rowFaults`, instead of refusing.
  /// - Throws: `BenchmarkError` if there is no such folder.
  package init(_ benchmark: Benchmark, at url: URL, lenient: Bool = false) throws {
    self.benchmark = benchmark
    faults = RowFaults(areAllowed: lenient)
    let inside = benchmark.folderNames.map { url.appending(path: $0) }.first(where: Self.isFolder)
    self.url = inside ?? url
    guard Self.isFolder(self.url) else {
      throw BenchmarkError.file(
        path: url.path, problem: "there is no such folder",
        remedy: "give the folder of \(benchmark.rawValue) or one that holds it")
    }
  }

  /// Questions that were left out because they cannot be read.
  package var rowFaults: [RowFault] { faults.all }

  /// Takes note of a question that a model cannot be asked; it then counts as one without an answer.
  /// - Parameter reason: A sentence.
  /// - Throws: `BenchmarkError` naming the question and its file, unless such are left out.
  package func leaveOut(_ item: BenchmarkItem, _ reason: String) throws {
    let error = BenchmarkError.question(place: item.place, id: item.id.description, reason: reason)
    guard faults.areAllowed else { throw BenchmarkError.row(RowFault(error)) }
    try faults.add(error)
  }

  /// What is read: the folder, and what takes the place of something in it.
  package var inputs: [URL] { [url] + [questionFile, imageFolder].compactMap { $0 } }

  /// The questions in the order of the official question file.
  /// - Parameters:
  ///   - limit: only this many, from the start.
  ///   - rules: the protocol whose loader is followed; nil for the benchmark's first.
  /// - Throws: `BenchmarkError` or `JSONError` if a file is missing or not as it should be.
  package func items(limit: Int? = nil, rules: ScoringProtocol? = nil) throws -> [BenchmarkItem] {
    let items =
      switch benchmark {
      case .textvqa, .vqav2, .gqa, .pope, .mme, .mmVet, .seedBench, .vizwiz: try lineItems()
      case .scienceqa: try scienceQAItems(rules)
      case .mmbench: try mmbenchItems(rules)
      case .mmmu: try mmmuItems()
      }
    return limit.map { Array(items.prefix(max(0, $0))) } ?? items
  }

  private static func isFolder(_ url: URL) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) && isFolder.boolValue
  }

  /// The first file that exists and whose name begins and ends like one of `patterns`.
  func file(_ patterns: (prefix: String, suffix: String)...) throws -> URL {
    guard let url = firstFile(patterns) else {
      throw BenchmarkError.file(
        path: url.path, problem: "no file \(Self.names(patterns)) is there",
        remedy: "give the folder of \(benchmark.rawValue) or one that holds it")
    }
    return url
  }

  private func firstFile(_ patterns: [(prefix: String, suffix: String)]) -> URL? {
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []).sorted()
    return patterns.lazy.compactMap { prefix, suffix in
      names.first { $0.hasPrefix(prefix) && $0.hasSuffix(suffix) }
    }.first.map { url.appending(path: $0) }
  }

  private static func names(_ patterns: [(prefix: String, suffix: String)]) -> String {
    patterns.map { $0.prefix + "*" + $0.suffix }.joined(separator: " or ")
  }

  /// A file with the right answers, found as `file` finds it.
  /// - Parameter problem: why it may be missing.
  func truth(_ problem: String, _ patterns: (prefix: String, suffix: String)...) throws -> URL {
    guard let url = firstFile(patterns) else {
      throw BenchmarkError.noTruth(
        path: url.path, problem: "no file \(Self.names(patterns)) is there, because \(problem)",
        remedy: "write the file for the server with --submission, or add the right answers")
    }
    return url
  }

  /// Where a picture is, or where it should be if it is nowhere.
  func picture(_ name: String) -> BenchmarkItem.Picture {
    if let imageFolder { return .file(imageFolder.appending(path: name)) }
    let places = benchmark.imageFolders.map { url.appending(path: $0).appending(path: name) }
    return .file(places.first { FileManager.default.fileExists(atPath: $0.path) } ?? places[0])
  }

  /// What `make` gives for the objects of a JSON Lines file.
  func rows<Row>(_ url: URL, _ make: (JSONObject) throws -> Row) throws -> [Row] {
    var reader = try JSONLinesReader(url)
    var rows: [Row] = []
    while true {
      let before = reader.line
      do {
        guard let object = try reader.readObject() else { return rows }
        rows.append(try make(object))
      } catch {
        try faults.add(error, isPassed: reader.line > before)
      }
    }
  }
}
