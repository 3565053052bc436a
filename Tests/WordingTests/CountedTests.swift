import Testing
import Wording

@Suite struct CountedTests {
  @Test func oneIsSingular() {
    #expect(counted(1, "question") == "1 question")
    #expect(counted(0, "question") == "0 questions")
    #expect(counted(2, "answer is", "answers are") == "2 answers are")
    #expect(counted(1, "answer is", "answers are") == "1 answer is")
  }
}
