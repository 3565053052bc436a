import Foundation
import Testing

/// A run of the built command line tool whose standard error is a terminal.
struct TerminalProcess {
  /// Everything that was written to the terminal, drawn over or not.
  let screen: String
  let code: Int32

  init(_ arguments: [String]) throws {
    let (terminal, line) = try Self.terminal()
    defer { close(terminal) }
    let process = Process()
    let tool: URL = try #require(CommandProcess.tool, "the tool lies beside the tests")
    process.executableURL = tool
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle(fileDescriptor: line, closeOnDealloc: false)
    try process.run()
    close(line)
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(terminal, &part, part.count)
      // The other end is closed when the tool ends.
      guard count > 0 else { break }
      bytes += part.prefix(count)
    }
    process.waitUntilExit()
    screen = String(decoding: bytes, as: UTF8.self)
    code = process.terminationStatus
  }

  /// A terminal of its own: what a program writes to `line` is read from `terminal`.
  private static func terminal() throws -> (terminal: Int32, line: Int32) {
    #if canImport(Darwin)
      let terminal = posix_openpt(O_RDWR | O_NOCTTY)
      try #require(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0)
      let name = String(cString: try #require(ptsname(terminal)))
    #else
      // What glibc's functions for it do; Swift does not see those.
      let (unlock, number) = (UInt(0x4004_5431), UInt(0x8004_5430))
      let terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY)
      var (isLocked, index) = (CInt(0), CInt(0))
      try #require(terminal >= 0 && ioctl(terminal, unlock, &isLocked) == 0)
      try #require(ioctl(terminal, number, &index) == 0)
      let name = "/dev/pts/\(index)"
    #endif
    let line = open(name, O_RDWR | O_NOCTTY)
    try #require(line >= 0)
    return (terminal, line)
  }
}
