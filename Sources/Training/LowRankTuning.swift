internal import Checkpoints
internal import Foundation
internal import MixtureOfDepths
internal import Models
internal import Tensors

/// LoRA (arXiv 2106.09685): the matrices of a decoder's layers stay, and low-rank changes of them are learnt.
struct LowRankTuning {
  private let configuration: RunConfiguration.LowRank
  /// The changed matrices under their names in a checkpoint.
  private let matrices: [(name: String, parameter: Parameter, change: LowRankChange)]
  private let storedTensors: [(name: String, parameter: Parameter)]

  /// Adds changes that are zero at first.
  init(_ model: VisionLanguageModel, _ configuration: RunConfiguration.LowRank, seed: UInt64) {
    self.configuration = configuration
    storedTensors = model.storedTensors
    let rank = configuration.rank
    matrices = Self.matrices(of: model).enumerated().map { index, matrix in
      let (name, parameter) = matrix
      let (outputs, inputs) = (parameter.shape[0], parameter.shape[1])
      let values = RandomParameters(seed: seed &+ UInt64(index + 1))
      let change = LowRankChange(
        down: values.parameter(
          "lora.\(name).down", [rank, inputs], initial: .normal(deviation: 1 / Float(3 * inputs).squareRoot())
        ),
        up: values.parameter("lora.\(name).up", [outputs, rank], initial: .constant(0)),
        scale: Float(configuration.alpha / Double(rank)))
      parameter.lowRankChange = change
      return (name, parameter, change)
    }
  }

  /// The matrices of the decoder's layers, each once.
  private static func matrices(of model: VisionLanguageModel) -> [(name: String, parameter: Parameter)] {
    let routers = model.routers
    let layers = Set(model.decoder.layers.flatMap(\.parameters).map(ObjectIdentifier.init))
    var seen: Set<ObjectIdentifier> = []
    return model.storedTensors.filter { _, parameter in
      parameter.shape.count == 2 && layers.contains(ObjectIdentifier(parameter))
        && !routers.contains { $0 === parameter } && seen.insert(ObjectIdentifier(parameter)).inserted
    }
  }

  /// How many numbers the changes of a rank would have.
  static func count(_ model: VisionLanguageModel, rank: Int) -> Double {
    matrices(of: model).reduce(0) {
      $0 + Double(rank) * Double($1.parameter.shape[0] + $1.parameter.shape[1])
    }
  }

  var parameters: [Parameter] { matrices.flatMap { [$0.change.down, $0.change.up] } }

  /// Makes the changes part of the matrices.
  func merge() { for matrix in matrices { matrix.parameter.mergeLowRankChange() } }

  /// Writes the changes as PEFT does.
  /// - Parameter replaced: Parameters that were learnt as a whole.
  func writeAdapter(to url: URL, base: URL, replacing replaced: [Parameter]) throws {
    var adapter = LoRAAdapterWriter(
      rank: configuration.rank, alpha: configuration.alpha, base: base.relativePath)
    for matrix in matrices {
      adapter.add(
        matrix.name, down: matrix.change.down.tensor, up: matrix.change.up.tensor)
    }
    for (name, parameter) in storedTensors where replaced.contains(where: { $0 === parameter }) {
      adapter.replace(name, parameter.tensor)
    }
    try adapter.write(to: url)
  }
}
