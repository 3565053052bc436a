import Foundation
import PocketWorld
import Testing

/// How much of a world is drawn, as far as whoever draws it is told.
@Suite struct WorldProgressTests {
  @Test func questionsAreToldAsTheirPicturesAreWritten() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "world-\(UUID())")
    defer { try? FileManager.default.removeItem(at: folder) }
    var told: [(done: Int, all: Int)] = []
    try WorldWriter.write(to: folder, split: .val, count: 10, seed: 1) { told.append(($0, $1)) }
    #expect(told.first?.done == 0 && told.last?.done == 90)
    #expect(told.allSatisfy { $0.all == 90 })
    #expect(zip(told, told.dropFirst()).allSatisfy { $0.done <= $1.done })
    #expect(Set(told.map(\.done)).count > 50)
  }
}
