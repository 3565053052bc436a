import Foundation
import Testing

/// What one more generated token costs, counted by callgrind, which no load of the machine disturbs.
///
/// The portable kernels run, whose instructions every processor has; callgrind knows no AVX-512.
@Suite struct DecodingCostTests {
  private static let valgrind = "/usr/bin/valgrind"
  private static let strip = "/usr/bin/strip"
  private static let isPossible = [valgrind, strip].allSatisfy(FileManager.default.isExecutableFile)

  /// Of whole runs.
  private struct Cost {
    var instructions = 0
    /// Calls of malloc and its like: the small objects that describe operations.
    var allocations = 0
    /// Calls for aligned memory, which is what tensors lie in.
    var tensorAllocations = 0

    /// Reads callgrind's file: its total, and the calls of functions by their names, which are abbreviated to numbers
    /// after their first use.
    init(_ url: URL) throws {
      var names: [Substring: Substring] = [:]
      var called: Substring?
      for line in try String(contentsOf: url, encoding: .utf8).split(separator: "\n") {
        if line.hasPrefix("summary: ") { instructions = Int(line.dropFirst(9)) ?? 0 }
        if line.hasPrefix("fn=") || line.hasPrefix("cfn=") {
          let parts = line.drop { $0 != "(" }.split(separator: " ", maxSplits: 1)
          if parts.count == 2 { names[parts[0]] = parts[1] }
          called = line.hasPrefix("c") ? names[parts[0]] : nil
        } else if line.hasPrefix("calls="), let name = called {
          let count = Int(line.dropFirst(6).prefix { $0 != " " }) ?? 0
          switch name {
          case "malloc", "calloc", "realloc": allocations += count
          case "posix_memalign", "aligned_alloc", "memalign": tensorAllocations += count
          default: break
          }
          called = nil
        }
      }
    }
  }

  /// Two alternations of a dense and a routed model, each reading a prompt and generating so many tokens.
  private static func cost(decodeTokens: Int) throws -> Cost {
    let model = Fixtures.folder.deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("models/pocket-gamma")
    let tool = try #require(CommandProcess.tool, "the tool lies beside the tests")
    // Valgrind stumbles over the debugging symbols.
    let bare = tool.deletingLastPathComponent().appendingPathComponent("gamma-mod-\(UUID().uuidString)")
    let counts = FileManager.default.temporaryDirectory.appendingPathComponent(
      "callgrind-\(UUID().uuidString)")
    defer { for file in [bare, counts] { try? FileManager.default.removeItem(at: file) } }
    try run(strip, ["-S", "-o", bare.path, tool.path])
    try run(
      valgrind,
      [
        "--tool=callgrind", "--callgrind-out-file=\(counts.path)", bare.path, "bench", "-m", model.path,
        "--image-tokens", "24", "--text-tokens", "8", "--decode-tokens", "\(decodeTokens)", "--repeat", "1",
        "--threads", "1", "--kernels", "portable", "--dtype", "f32",
      ])
    return try Cost(counts)
  }

  private static func run(_ tool: String, _ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: tool)
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(tool) \(arguments)")
  }

  @Test(.enabled(if: isPossible, "valgrind and strip are there")) func oneMoreTokenIsCheap() throws {
    let (few, many) = try (Self.cost(decodeTokens: 4), Self.cost(decodeTokens: 12))
    // Two models, two alternations, 8 more tokens each.
    let tokens = 2 * 2 * 8
    let instructions = (many.instructions - few.instructions) / tokens
    let allocations = (many.allocations - few.allocations) / tokens
    let tensors = Double(many.tensorAllocations - few.tensorAllocations) / Double(tokens)
    // 7.3 million, 77 and 0 when this was written: 12 layers of 192 and a vocabulary of 640.
    #expect((5_000_000...8_000_000).contains(instructions), "\(instructions)")
    #expect((1...100).contains(allocations), "\(allocations)")
    // Each layer takes a page of its cache every 64 tokens.
    #expect(tensors < 1, "\(tensors)")
  }
}
