import Foundation
import Images
import Testing

/// Counts that no machine can satisfy end in a sentence.
@Suite final class CountTests {
  private let folder: TestFolder
  private static let model = Shipped.model("pocket-gamma")

  init() throws { folder = try TestFolder() }

  @Test(arguments: [
    ["--image-tokens", "100000"], ["--text-tokens", "1025"], ["--decode-tokens", "10000"],
    ["--image-tokens", "1024"], ["--training", "--image-tokens", "16777216"],
  ])
  func benchDoesNotGoBeyondTheContext(_ arguments: [String]) throws {
    try CommandProcess(["bench", "-m", Self.model] + arguments).expectFailure("1024")
  }

  @Test(arguments: [
    ["bench", "-m", model, "--repeat", "99999999"],
    ["bench", "-m", model, "--text-tokens", "9223372036854775807"],
    ["bench", "-m", model, "-t", "100000"], ["bench", "-m", model, "--dense-layers", "0"],
    ["bench", "--shape", "smolvlm-256m", "--dense-layers", "9223372036854775807"],
    ["run", "-m", model, "-p", "Hi", "-t", "9223372036854775807"],
    ["run", "-m", model, "-p", "Hi", "-n", "4097"],
    ["run", "-m", model, "-p", "Hi", "--kv-budget", "9223372036854775807"],
    ["eval", "-m", model, "--benchmark", "gqa", "--data", "x", "--batch", "99999"],
    ["eval", "-m", model, "--benchmark", "gqa", "--data", "x", "-t", "99999"],
    ["arank", "-m", model, "--data", "x", "-t", "99999"], ["chat", "-m", model, "-t", "99999"],
    ["demo", "-t", "99999"], ["train", "--config", "x", "-t", "99999"],
    [
      "trace", "-m", model, "--inputs", "x",
      "--outputs", "y", "--max-tokens", "9223372036854775807",
    ],
    ["convert", "-m", model, "--layers", "1", "--out", "x", "-t", "99999"],
    ["reproduce", "--out", "x", "--jobs", "99999"],
    ["world", "--out", "x", "--count", "9223372036854775807"],
    ["run", "-m", model, "-p", "Hi", "-n", "99999999999999999999"],
  ])
  func countsWithoutSenseAreWrongUsage(_ arguments: [String]) throws {
    let run = try CommandProcess(arguments)
    #expect(run.code == 64, "\(run.code) \(run.errors)")
    #expect(run.errors.contains("\nUsage: gamma-mod \(arguments[0])"), "\(run.errors)")
  }

  @Test func manyThreadsAreNoCrash() throws {
    let run = try CommandProcess(["run", "-m", Self.model, "-p", "Hi", "-n", "2", "-t", "1000"])
    #expect(run.code == 0, "\(run.errors)")
  }

  @Test func aModelLargerThanWhatTheProcessMayTakeIsRefused() throws {
    let run = try CommandProcess(shell: "ulimit -v 4000000; $TOOL bench --shape llava-1.5-7b --dtype int8")
    run.expectFailure("llava-1.5-7b", "as int8", "GiB")
  }

  @Test func aPhonePhotoIsReadWhereTheLimitIsRaised() throws {
    let photo = folder.path("photo.png")
    try PixelImage(width: 8000, height: 6000, fill: RGBColor(red: 9, green: 99, blue: 199)).writePNG(
      path: photo)
    let asked = ["run", "-m", Self.model, "--image", photo, "-p", "What?", "-n", "2"]
    try CommandProcess(asked).expectFailure("--limit-megapixels")
    let run = try CommandProcess(asked + ["--limit-megapixels", "48"])
    #expect(run.code == 0, "\(run.errors)")
    try CommandProcess(asked + ["--limit-megapixels", "48", "--limit-side", "7999"]).expectFailure(
      "--limit-side")
    let large = try folder.write("large.png", String(repeating: "x", count: 2 << 20))
    try CommandProcess(["preprocess", "--rgb", "--image", large, "--limit-image-mib", "1"])
      .expectFailure("--limit-image-mib")
    let size = ["inspect", Self.model, "--picture", "8000x6000"]
    #expect(try CommandProcess(size).code == 64)
    #expect(try CommandProcess(size + ["--limit-megapixels", "48"]).code == 0)
  }

  @Test func furtherLimitsHaveFlags() throws {
    let asked = ["run", "-m", Self.model, "-p", "Hi", "-n", "4097"]
    #expect(try CommandProcess(asked).errors.contains("--limit-tokens"))
    #expect(try CommandProcess(asked + ["--limit-tokens", "5000"]).code == 0)
    let many = [String](repeating: "--image=\(Shipped.picture("1.png"))", count: 17)
    let pictures = ["run", "-m", Self.model, "-p", "Hi", "-n", "1"] + many
    #expect(try CommandProcess(pictures).errors.contains("--limit-images"))
    // More than the model's context, but no longer more than a request may have.
    try CommandProcess(pictures + ["--limit-images", "17"]).expectFailure("tokens")
  }
}
