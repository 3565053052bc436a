import ArgumentParser
import Benchmarks
import Foundation

/// Where a benchmark's files are.
struct BenchmarkPlace: ParsableArguments {
  @Option(
    help: "The benchmark's folder, or one that holds a folder per benchmark; by default the question file's.")
  var data: String?

  @Option(help: "A question file in place of the one in the folder.")
  var questionFile: String?

  @Option(help: "A folder of pictures in place of those in the folder.")
  var imageFolder: String?

  func validate() throws {
    if data == nil, questionFile == nil { throw ValidationError("--data or --question-file is needed") }
  }

  /// The folder of a benchmark, or all that are there.
  func folders(_ benchmark: String, lenient: Bool) throws -> [BenchmarkFolder] {
    let questions = questionFile.map { URL(fileURLWithPath: $0) }
    let url =
      data.map { URL(fileURLWithPath: $0) } ?? questions?.deletingLastPathComponent()
      ?? URL(fileURLWithPath: ".")
    if let benchmark = Benchmark(rawValue: benchmark) {
      var folder = try BenchmarkFolder(benchmark, at: url, lenient: lenient)
      folder.questionFile = questions
      folder.imageFolder = imageFolder.map { URL(fileURLWithPath: $0) }
      return [folder]
    }
    let found = Benchmark.allCases.compactMap { benchmark -> BenchmarkFolder? in
      guard let folder = try? BenchmarkFolder(benchmark, at: url, lenient: lenient), folder.url != url else {
        return nil
      }
      return folder
    }
    guard !found.isEmpty else {
      throw BenchmarkError.file(
        path: url.path, problem: "it holds no benchmark's folder",
        remedy: "give the folder that world has written")
    }
    return found
  }
}
