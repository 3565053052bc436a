import Foundation
import Testing
import Timing

@testable import Checkpoints

/// Every file here ends in an error that names file, place and remedy, soon, and runs nothing.
@Suite struct HostilePickleTests {
  @Test(arguments: HostilePickle.programs + HostilePickle.shapes + HostilePickle.machines)
  func isRefused(_ example: HostilePickle) throws {
    let folder = try TemporaryFolder()
    for (format, bytes) in [
      ("archive", PickleBytes.archive(example.pickle)), ("legacy", PickleBytes.legacy(example.pickle)),
    ] {
      let url = try folder.file("\(format).bin", bytes)
      let milliseconds = threadMilliseconds {
        let error = #expect(throws: CheckpointError.self) { try PyTorchFile(url) }
        let text = error?.description ?? ""
        #expect(text.hasPrefix("\(url.path): byte "), "\(text)")
        // The two formats miss different things of a storage.
        #expect(text.contains(example.phrase), "\(format): \(text)")
        #expect(text.contains("; "), "no remedy: \(text)")
      }
      #expect(milliseconds < 100 || isInstrumented, "\(milliseconds) ms")
    }
  }

  @Test func thereAreEnoughExamples() {
    #expect(HostilePickle.programs.count >= 30)
    #expect(HostilePickle.shapes.count >= 30)
    #expect(HostilePickle.machines.count >= 30)
  }

  @Test(arguments: ["small.bin", "small-legacy.bin", "zip.bin", "legacy.bin", "protocol-4.bin"])
  func everyPrefixIsRefused(_ name: String) throws {
    let whole = [UInt8](try Data(contentsOf: fixture("checkpoints/\(name)")))
    var slowest = 0.0
    for count in 0..<whole.count {
      // Memory of its own, so that reading behind the end shows.
      let prefix = Array(whole.prefix(count))
      let milliseconds = threadMilliseconds {
        let error = #expect(throws: CheckpointError.self, "\(count) bytes") { try entries(prefix) }
        #expect(error?.message.contains("; ") == true, "\(error?.description ?? "")")
      }
      slowest = max(slowest, milliseconds)
    }
    #expect(slowest < 100, "\(slowest) ms")
  }

  private func entries(_ bytes: [UInt8]) throws -> [TensorEntry] {
    try bytes.withUnsafeBytes { try PyTorchFile.entries($0, path: "here", limits: PyTorchLimits()) }
  }

  /// Any changed byte must end in an error or in tensors that lie in the file, never in a trap.
  @Test(arguments: ["small.bin", "small-legacy.bin"])
  func survivesDamage(_ name: String) throws {
    let whole = [UInt8](try Data(contentsOf: fixture("checkpoints/\(name)")))
    let folder = try TemporaryFolder()
    let undamaged = try entries(whole)
    for place in whole.indices {
      for byte in [UInt8(0), 1, 0x28, 0x2E, 0x30, 0x52, 0x7F, 0x80, 0xFF, whole[place] ^ 0x20] {
        var damaged = whole
        damaged[place] = byte
        // Most damage that is no error leaves the table as it was; only another table needs another file.
        guard let found = try? entries(damaged), found != undamaged else { continue }
        guard let file = try? PyTorchFile(try folder.file("damaged.bin", damaged)) else { continue }
        for name in file.names {
          _ = try? file.floats(name)
          _ = try? file.int64s(name)
        }
      }
    }
  }
}
