import Foundation
import Testing

/// Worlds that are stopped, and that two runs write at once.
@Suite final class WorldCommandTests {
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  @Test func nothingIsLeftAfterControlC() throws {
    let run = try CommandProcess(["world", "--out", folder.path("w"), "--count", "100000"]) { process in
      while process.isRunning, (try? folder.names)?.isEmpty != false { usleep(10_000) }
      kill(process.processIdentifier, SIGINT)
    }
    #expect(run.code == 130)
    #expect(run.errors.contains("nothing was written"))
    #expect(try folder.names == [])
  }

  @Test func ofTwoRunsOneWinsAndTheOtherSaysSo() throws {
    let out = folder.path("w")
    let both = try CommandProcess(
      shell: """
        $TOOL world --out '\(out)' --count 60 --seed 1 & first=$!
        $TOOL world --out '\(out)' --count 60 --seed 2; second=$?
        wait $first; echo $? $second
        """)
    #expect(["0 1\n", "1 0\n"].contains(both.output), "\(both.output)\(both.errors)")
    #expect(both.errors.contains("wrote \(out)") && both.errors.contains("something is there already"))
    #expect(try folder.names == ["w"])
  }
}
