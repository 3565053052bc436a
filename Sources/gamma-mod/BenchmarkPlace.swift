import ArgumentParser
import Benchmarks
import Foundation

/// Where a benchmark's files are.
struct BenchmarkPlace: ParsableArguments {
  @Option(
    help: "The benchmark's folder, or one that holds a folder per benchmark; by default the question file's.")
  var data: PathArgument?

  @Option(help: "A question file in place of the one in the folder.")
  var questionFile: PathArgument?

  @Option(help: "A folder of pictures in place of those in the folder.")
  var imageFolder: PathArgument?

  func validate() throws {
    if data == nil, questionFile == nil { throw ValidationError("--data or --question-file is needed") }
  }

  /// Refuses what cannot be meant for several benchmarks at once.
  func checkUse(by benchmark: String) throws {
    guard benchmark == "all" else { return }
    try Bounds.refuse(
      [("--question-file", questionFile != nil), ("--image-folder", imageFolder != nil)],
      "each benchmark has files of its own where all are run")
  }

  /// What is read.
  var inputs: [URL] { [data, questionFile, imageFolder].compactMap { $0?.url } }

  /// The folder of a benchmark, or all that are there.
  func folders(_ benchmark: String, lenient: Bool) throws -> [BenchmarkFolder] {
    let questions = questionFile?.url
    let url =
      data?.url ?? questions?.deletingLastPathComponent()
      ?? URL(fileURLWithPath: ".")
    if let benchmark = Benchmark(rawValue: benchmark) {
      var folder = try BenchmarkFolder(benchmark, at: url, lenient: lenient)
      folder.questionFile = questions
      folder.imageFolder = imageFolder?.url
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
