package import StrictJSON
internal import Tensors

/// The sizes of a ConvNeXt (Liu et al. 2022).
package struct ConvNeXtConfiguration: Sendable, Equatable {
  /// Blocks and channels of each stage.
  package var depths: [Int]
  package var widths: [Int]
  package var normEpsilon: Float

  /// The total stride: pixels of the picture along one side of a cell of the last stage.
  package var stride: Int { stem << (depths.count - 1) }
  /// Pixels along one side of a cell of the first stage.
  let stem = 4

  package init(depths: [Int], widths: [Int], normEpsilon: Float = 1e-6) {
    self.depths = depths
    self.widths = widths
    self.normEpsilon = normEpsilon
  }

  /// `depths`, `dims` and `norm_eps`, as a tower's own file gives them.
  package init(_ json: JSONObject) throws {
    let depths = try json.optionalInts("depths") ?? [3, 3, 27, 3]
    let widths = try json.optionalInts("dims") ?? [192, 384, 768, 1536]
    guard depths.count == widths.count, !depths.isEmpty, depths.count <= 8,
      depths.allSatisfy({ (1...DecoderConfiguration.layerLimit).contains($0) }),
      widths.allSatisfy({ (1...1 << 20).contains($0) })
    else { throw json.error(at: "depths", "one count of blocks and one width per stage are needed") }
    let patch = try json.optionalInt("stem_patch") ?? 4
    let kernel = try json.optionalInt("kernel_size") ?? 7
    guard patch == 4, kernel == 7 else {
      throw json.error(at: "kernel_size", "only kernels of 7 and stems of 4 pixels are supported")
    }
    self.init(depths: depths, widths: widths, normEpsilon: Float(try json.optionalDouble("norm_eps") ?? 1e-6))
  }

  /// The towers that published checkpoints name; nil for other names.
  package init?(published name: String) {
    let name = name.lowercased()
    if name.contains("xxlarge") {
      self.init(depths: [3, 4, 30, 3], widths: [384, 768, 1536, 3072], normEpsilon: 1e-5)
    } else if name.contains("large") {
      self.init(depths: [3, 3, 27, 3], widths: [192, 384, 768, 1536])
    } else if name.contains("base") {
      self.init(depths: [3, 3, 27, 3], widths: [128, 256, 512, 1024])
    } else {
      return nil
    }
  }
}

/// ConvNeXt's stem and stages, over rows that are the cells of a grid.
final class ConvNeXtTower: Sendable {
  let configuration: ConvNeXtConfiguration
  private let stem: Convolution
  private let stemNorm: LayerNorm
  private let stages: [Stage]

  /// - Parameters:
  ///   - stem: The stem of the names of the first convolution and its norm.
  ///   - stages: That of the stages.
  ///   - scale: The last part of the name of a block's scale per channel.
  init(
    _ configuration: ConvNeXtConfiguration, stem: String, stages: String, scale: String,
    from source: any ParameterSource
  ) {
    self.configuration = configuration
    let (widths, epsilon) = (configuration.widths, configuration.normEpsilon)
    self.stem = Convolution(
      "\(stem).0", inputs: 3, outputs: widths[0], side: configuration.stem, from: source)
    stemNorm = LayerNorm("\(stem).1", width: widths[0], epsilon: epsilon, from: source)
    self.stages = widths.indices.map { index in
      Stage(
        "\(stages).\(index)", inputs: index > 0 ? widths[index - 1] : nil, width: widths[index],
        blocks: configuration.depths[index], epsilon: epsilon, scale: scale, from: source)
    }
  }

  var parameters: [Parameter] {
    stem.parameters + stemNorm.parameters + stages.flatMap(\.parameters)
  }

  /// The output of every stage with the shape of its grid.
  /// - Shape: pixels `[images, 3, height, width]` → `[images · cells, widths[stage]]`
  func stages(_ pixels: Tensor, _ tape: Tape) -> [(rows: Value, shape: GridShape)] {
    let side = configuration.stem
    var shape = GridShape(height: pixels.shape[2] / side, width: pixels.shape[3] / side)
    let patches = Value(constant: pixels.patches(side: side, pool: tape.pool))
    var rows = stemNorm(stem.apply(squares: patches, tape), tape)
    return stages.map { stage in
      (rows, shape) = stage.forward(rows, shape, tape)
      return (rows, shape)
    }
  }

  private struct Stage: Sendable {
    /// The norm and the convolution that halve the grid; nil in the first stage.
    let downsample: (norm: LayerNorm, convolution: Convolution)?
    let blocks: [Block]

    init(
      _ name: String, inputs: Int?, width: Int, blocks count: Int, epsilon: Float, scale: String,
      from source: any ParameterSource
    ) {
      downsample = inputs.map { inputs in
        (
          LayerNorm("\(name).downsample.0", width: inputs, epsilon: epsilon, from: source),
          Convolution("\(name).downsample.1", inputs: inputs, outputs: width, side: 2, from: source)
        )
      }
      blocks = (0..<count).map {
        Block("\(name).blocks.\($0)", width: width, epsilon: epsilon, scale: scale, from: source)
      }
    }

    var parameters: [Parameter] {
      (downsample.map { $0.norm.parameters + $0.convolution.parameters } ?? []) + blocks.flatMap(\.parameters)
    }

    func forward(_ rows: Value, _ shape: GridShape, _ tape: Tape) -> (Value, GridShape) {
      var (rows, shape) = (rows, shape)
      if let downsample {
        let squares = tape.squares(downsample.norm(rows, tape), of: shape, side: 2)
        rows = downsample.convolution.apply(squares: squares, tape)
        shape = GridShape(height: shape.height / 2, width: shape.width / 2)
      }
      return (blocks.reduce(rows) { $1.forward($0, shape, tape) }, shape)
    }
  }

  private struct Block: Sendable {
    let convolution: DepthwiseConvolution
    let norm: LayerNorm
    let first, second: Linear
    let scale: Parameter

    init(_ name: String, width: Int, epsilon: Float, scale: String, from source: any ParameterSource) {
      convolution = DepthwiseConvolution("\(name).conv_dw", channels: width, side: 7, from: source)
      norm = LayerNorm("\(name).norm", width: width, epsilon: epsilon, from: source)
      first = Linear(
        "\(name).mlp.fc1", inputs: width, outputs: 4 * width, bias: true, from: source, deviation: 0.02)
      second = Linear(
        "\(name).mlp.fc2", inputs: 4 * width, outputs: width, bias: true, from: source, deviation: 0.02)
      self.scale = source.parameter("\(name).\(scale)", [width], initial: .constant(1e-6))
    }

    var parameters: [Parameter] {
      convolution.parameters + norm.parameters + first.parameters + second.parameters + [scale]
    }

    func forward(_ rows: Value, _ shape: GridShape, _ tape: Tape) -> Value {
      let mixed = norm(convolution(rows, shape, tape), tape)
      let inner = tape.linear(mixed, first.map, activation: .gelu)
      return tape.linear(inner, second.map, scaledBy: scale, addedTo: rows)
    }
  }
}
