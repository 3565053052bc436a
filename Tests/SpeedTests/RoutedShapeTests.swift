import MixtureOfDepths
import Models
import Tensors
import Testing

@testable import Speed

@Suite struct RoutedShapeTests {
  @Test(arguments: [
    (dense: 1, routed: 0..<29), (dense: 4, routed: 3..<29), (dense: 10, routed: 9..<29),
  ])
  func theLastLayerAndTheFirstOnesStayDense(_ dense: Int, _ routed: Range<Int>) throws {
    let model = try ModelShape.smolVLM.model(.bfloat16)
    #expect(model.routedAtRandom(skip: 0.5, denseLayers: dense).routing?.layers == Array(routed))
  }

  @Test(arguments: [30, 99]) func nothingIsRoutedIfAllLayersStayDense(_ dense: Int) throws {
    let model = try ModelShape.smolVLM.model(.bfloat16)
    #expect(model.routedAtRandom(skip: 0.5, denseLayers: dense).routing == nil)
  }

  @Test func theOfficialChoiceIsTheDefault() throws {
    let model = try ModelShape.smolVLM.model(.bfloat16)
    #expect(model.routedAtRandom(skip: 0.5).routing?.layers == Array(3..<29))
  }
}
