import Tensors
import Testing

@testable import Images

@Suite struct ImageInputTests {
  private let values: [Float] = [1, 2, 3, 4, 5, 6]

  private func input(
    _ values: [Float], shape: [Int] = [1, 6], detail: [Float]? = nil, mask: [Bool]? = nil,
    originalSize: ImageInput.Size? = nil, grid: ImageInput.Size? = nil
  ) -> ImageInput {
    ImageInput(
      pixels: Tensor(values, shape: shape), detail: detail.map { Tensor($0, shape: [1, $0.count]) },
      mask: mask,
      originalSize: originalSize, grid: grid)
  }

  @Test func theSameNumbersElsewhereAreTheSamePicture() {
    let part = Tensor([0] + values, shape: [7]).rows(1..<7).reshaped([1, 6])
    #expect(ImageInput(pixels: part) == input(values))
    #expect(ImageInput(pixels: part).digest.hashValue == input(values).digest.hashValue)
  }

  @Test func whateverAnEncoderReadsTellsPicturesApart() {
    let size = ImageInput.Size(height: 2, width: 3)
    let inputs = [
      input(values), input(values, shape: [2, 3]), input([1, 2, 3, 4, 5, -6]), input([1, 2, 3, 4, 5, .nan]),
      input(values, detail: values), input(values, detail: [1]), input(values, mask: [true]),
      input(values, mask: [false]), input(values, mask: []), input(values, originalSize: size),
      input(values, grid: size), input(values, grid: .init(height: 3, width: 2)),
      ImageInput(pixels: Tensor(values, shape: [1, 6]).converted(to: .bfloat16)),
    ]
    #expect(Set(inputs.map(\.digest)).count == inputs.count)
  }
}
