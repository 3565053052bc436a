import Checkpoints
import Foundation
import Testing
import Timing

@testable import GGUF

/// Files that are cut off, damaged or made to harm: each is refused by a sentence, quickly, whatever it declares.
@Suite struct HostileFileTests {
  private func read(_ bytes: [UInt8]) throws {
    _ = try bytes.withUnsafeBytes { bytes in
      var reader = GGUFReader(bytes, path: "test.gguf")
      return try reader.read()
    }
  }

  private func expect(_ sentence: String, _ change: (inout GGUFBuilder) -> Void) {
    var file = GGUFBuilder.sound
    change(&file)
    let error = #expect(throws: CheckpointError.self) { try read(file.bytes) }
    #expect(error?.message.contains(sentence) == true, "\(error?.description ?? "")")
  }

  @Test func soundFilesAreRead() throws {
    try read(GGUFBuilder.sound.bytes)
    var old = GGUFBuilder.sound
    old.version = 2
    try read(old.bytes)
    var wide = GGUFBuilder()
    wide.alignment = 64
    wide.add("general.alignment", 64)
    wide.addTensor("x", [4])
    wide.addTensor("y", [4], offset: 64)
    wide.data = [UInt8](repeating: 0, count: 80)
    try read(wide.bytes)
  }

  @Test func everyFaultHasItsSentence() {
    expect("no GGUF file") { $0.magic = Array("GGML".utf8) }
    expect("GGUF version 1") { $0.version = 1 }
    expect("GGUF version 4") { $0.version = 4 }
    expect("big-endian") { $0.version = 3 << 24 }
    expect("the rest of the file") { $0.declaredKeys = 1 << 62 }
    expect("the rest of the file") { $0.declaredTensors = 1 << 40 }
    expect("a key is empty") { $0.add("", 1) }
    expect("twice") { $0.add("a.number", 1) }
    expect("the rest of the file") { $0.add("long", type: 8, GGUFBuilder.little(UInt64(1) << 63)) }
    expect("the rest of the file") {
      $0.add("many", type: 9, GGUFBuilder.little(UInt32(0)) + GGUFBuilder.little(UInt64(1) << 60))
    }
    expect("array of arrays") {
      $0.add("deep", type: 9, GGUFBuilder.little(UInt32(9)) + GGUFBuilder.little(UInt64(0)))
    }
    expect("no type of the format") { $0.add("odd", type: 13, []) }
    expect("power of two") { $0.add("general.alignment", 48) }
    expect("power of two") { $0.add("general.alignment", 0) }
    expect("power of two") { $0.add("general.alignment", "32") }
    expect("has the element type 4") { $0.addTensor("z", [32], type: 4, offset: 96) }
    expect("IQ2_XXS, which is not supported") { $0.addTensor("z", [256], type: 16, offset: 96) }
    expect("blocks of 256") { $0.addTensor("z", [100, 2], type: 12, offset: 96) }
    expect("negative size") { $0.addTensor("z", [-1], offset: 96) }
    expect("at most 4") { $0.addTensor("z", [1, 1, 1, 1, 1], offset: 96) }
    expect("is no shape") { $0.addTensor("z", [Int64.max, 4, 4], offset: 96) }
    expect("there twice") { $0.addTensor("x", [4], offset: 96) }
    expect("must begin at 96") { $0.addTensor("z", [4], offset: 128) }
    expect("ends within tensor z") { $0.addTensor("z", [1 << 20], offset: 96) }
    expect("1 to 63") { $0.addTensor(String(repeating: "n", count: 64), [4], offset: 96) }
  }

  @Test func everyPrefixIsRefused() throws {
    let bytes = GGUFBuilder.sound.bytes
    for length in 0..<bytes.count - 28 {
      #expect(throws: CheckpointError.self, "\(length)") { try read(Array(bytes[..<length])) }
    }
  }

  @Test func damagedFilesAreReadOrRefused() throws {
    let bytes = GGUFBuilder.sound.bytes
    var random = SystemRandomNumberGenerator()
    var refused = 0
    for _ in 0..<10_000 {
      var damaged = bytes
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<damaged.count, using: &random)
        damaged[place] = UInt8.random(in: 0...255, using: &random)
      }
      do { try read(damaged) } catch {
        refused += 1
        #expect(error is CheckpointError, "\(error)")
      }
    }
    #expect(refused > 1000)
  }

  /// What only a model's reader looks at.
  @Test func modelsSayWhatIsWrongWithThem() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    func error(_ name: String = "m.gguf", _ change: (inout GGUFBuilder) -> Void) throws -> String {
      var file = GGUFBuilder()
      change(&file)
      let url = folder.appendingPathComponent(name)
      try Data(file.bytes).write(to: url)
      let error = #expect(throws: CheckpointError.self) { _ = try GGUFModel.open(url, projector: nil) }
      return error?.description ?? ""
    }
    #expect(try error { $0.add("general.architecture", "clip") }.contains("--mmproj"))
    #expect(try error { $0.add("general.architecture", "parrot") }.contains("parrot is not supported"))
    #expect(try error { _ in }.contains("general.architecture: the key is missing"))
    #expect(try error("m-00001-of-00002.gguf") { _ in }.contains("m-00002-of-00002.gguf: this part"))
  }
}
