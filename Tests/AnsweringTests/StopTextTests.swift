import Testing

@testable import Answering

@Suite struct StopTextTests {
  private func run(_ stops: [String], _ pieces: [String]) -> (text: [String], found: String?) {
    var stop = StopText(stops)
    var text = pieces.map { stop.push($0) }
    text.append(stop.finish())
    return (text, stop.found)
  }

  @Test func textEndsAtAStopStringWhereverItIsCut() {
    let whole = "one two###three"
    for first in 0...whole.count {
      for second in first...whole.count {
        let pieces = [
          String(whole.prefix(first)), String(whole.prefix(second).dropFirst(first)),
          String(whole.dropFirst(second)),
        ]
        let (text, found) = run(["###", "four"], pieces)
        #expect(text.joined() == "one two" && found == "###")
      }
    }
  }

  @Test func whatMayBeginAStopStringWaits() {
    #expect(run(["abc"], ["xa", "b", "d", "ab"]).text == ["x", "", "abd", "", "ab"])
    #expect(run(["aab"], ["a", "a", "a", "b"]).text.joined() == "a")
    #expect(run([], ["a", "b"]).text == ["a", "b", ""])
    #expect(run(["é"], ["e\u{301}x", "é", "y"]).text.joined() == "e\u{301}x")
  }

  @Test func theEarliestOfSeveralCounts() {
    #expect(run(["lo w", "el"], ["hello world"]) == (["h", ""], "el"))
  }
}

private func == (a: (text: [String], found: String?), b: ([String], String?)) -> Bool {
  a.text == b.0 && a.found == b.1
}
