import Models
import Tensors
import Testing

@testable import Speed

/// The models that are timed without their files.
@Suite struct ModelShapeTests {
  /// Parameters of which only the shapes are looked at; all share little memory by being empty.
  private final class Shapes: ParameterSource {
    private(set) var count = 0

    func parameter(
      _ name: String, _ shape: [Int], initial: InitialValue, role: WeightPrecision.Role
    ) -> Parameter {
      count += shape.reduce(1, *)
      return Parameter(name: name, tensor: Tensor([], shape: [0]))
    }
  }

  @Test(
    arguments: zip(
      [ModelShape.llava15, .llavaHR, .mgmHD, .smolVLM, .qwen25VL], [576, 1024, 2880, 1088, 1024]))
  func pictureTakesTheFamilysTokens(_ shape: ModelShape, _ tokens: Int) throws {
    let model = try ModelRegistry.standard.build(shape.configuration, from: Shapes())
    let encoder = try #require(model.images)
    let picture = try #require(try shape.picture())
    try encoder.check(picture)
    #expect(encoder.tokenCount(of: picture) == tokens)
  }

  /// The published counts, in millions; LLaVA-HR's adapters and MGM's mining are part of theirs.
  @Test(
    arguments: zip(
      ModelShape.allCases, [1100...1101, 7060...7064, 7270...7310, 7240...7300, 256...257, 3754...3755]))
  func sizesAreThePublishedOnes(_ shape: ModelShape, _ millions: ClosedRange<Int>) throws {
    let shapes = Shapes()
    _ = try ModelRegistry.standard.build(shape.configuration, from: shapes)
    #expect(millions.contains(shapes.count / 1_000_000))
  }

  @Test func textOnlyShapeSeesNoPicture() throws {
    #expect(try ModelShape.llama11b.picture() == nil)
    #expect(try ModelShape.llama11b.imageProcessor() == nil)
  }
}
