internal import StrictJSON
internal import Tensors

/// The sizes of a FastViT of five stages (Vasu et al. 2023, as MobileCLIP's MCi3 and MCi4 have them): three of convolutions, two
/// that attend.
struct FastViTConfiguration: Sendable, Equatable {
  /// Blocks and channels of each stage.
  let depths: [Int]
  let widths: [Int]
  /// Stages from here on attend, and begin with positions.
  let firstAttending = 3
  let mlpRatio = 4
  let headWidth = 32
  /// Channels of the result.
  var outputWidth: Int { 2 * (widths.last ?? 0) }
  /// Pixels along one side of a cell of the result.
  var stride: Int { 4 << (widths.count - 1) }

  /// - Parameter json: `vision_config` of a timm model.
  init(_ json: JSONObject) throws {
    let name = try json.optionalString("architecture") ?? "fastvit_mci3"
    let sizes: [String: (depths: [Int], widths: [Int])] = [
      "fastvit_mci3": ([2, 12, 24, 4, 2], [96, 192, 384, 768, 1536]),
      "fastvit_mci4": ([2, 12, 24, 4, 4], [128, 256, 512, 1024, 2048]),
    ]
    guard let usual = sizes[name] else {
      throw json.error(
        at: "architecture", "the tower \(name) is not supported; fastvit_mci3 and fastvit_mci4 are")
    }
    let changes = try json.optionalObject("model_args") ?? JSONObject()
    guard try changes.optionalBool("inference_mode") ?? false else {
      throw json.error(
        at: "model_args", "only towers whose branches are merged (inference_mode) are supported")
    }
    depths = try changes.optionalInts("layers") ?? usual.depths
    widths = try changes.optionalInts("embed_dims") ?? usual.widths
    guard depths.count == 5, widths.count == 5,
      depths.allSatisfy({ (1...DecoderConfiguration.layerLimit).contains($0) }),
      widths.allSatisfy({ (8...1 << 16).contains($0) }),
      zip(widths, widths.dropFirst()).allSatisfy({ $1 % $0 == 0 }),
      widths[firstAttending...].allSatisfy({ $0 % headWidth == 0 })
    else {
      throw changes.error(
        at: "embed_dims",
        "five stages are needed, each as wide as a multiple of the one before and the last two as multiples of \(headWidth)"
      )
    }
  }
}

/// FastViT's stem and stages, over rows that are the cells of a grid.
final class FastViT: Sendable {
  let configuration: FastViTConfiguration
  private let stem: (dense: Linear, depthwise: DepthwiseConvolution, pointwise: Linear)
  private let stages: [FastViTStage]
  private let last: DepthwiseConvolution
  private let reduce, expand: Linear

  /// - Parameter name: With its dot at the end.
  init(_ configuration: FastViTConfiguration, name: String, from source: any ParameterSource) {
    self.configuration = configuration
    let (widths, width) = (configuration.widths, configuration.outputWidth)
    stem = (
      .convolution("\(name)stem.0.reparam_conv", inputs: 3, outputs: widths[0], side: 3, from: source),
      DepthwiseConvolution("\(name)stem.1.reparam_conv", channels: widths[0], side: 3, from: source),
      .convolution("\(name)stem.2.reparam_conv", inputs: widths[0], outputs: widths[0], from: source)
    )
    stages = widths.indices.map { FastViTStage("\(name)stages.\($0).", $0, configuration, from: source) }
    last = DepthwiseConvolution("\(name)final_conv.reparam_conv", channels: width, side: 3, from: source)
    reduce = .convolution(
      "\(name)final_conv.se.fc1", inputs: width, outputs: max(1, width / 16), from: source)
    expand = .convolution(
      "\(name)final_conv.se.fc2", inputs: max(1, width / 16), outputs: width, from: source)
  }

  var parameters: [Parameter] {
    stem.dense.parameters + stem.depthwise.parameters + stem.pointwise.parameters
      + stages.flatMap(\.parameters) + last.parameters + reduce.parameters + expand.parameters
  }

  /// - Shape: pixels `[images, 3, height, width]`, sides in multiples of the stride → `[images · cells, outputWidth]`
  func features(_ pixels: Tensor, _ tape: Tape) -> Value {
    var shape = GridShape(height: pixels.shape[2] / 2, width: pixels.shape[3] / 2)
    var rows = tape.linear(Value(constant: Self.patches(pixels)), stem.dense.map, activation: .gelu)
    rows = tape.activation(.gelu, tape.halved(rows, &shape, stem.depthwise))
    rows = tape.linear(rows, stem.pointwise.map, activation: .gelu)
    for stage in stages { rows = stage.forward(rows, &shape, tape) }
    rows = last(tape.repeated(rows, 2), shape, tape)
    let means = tape.mix(rows, .means(of: shape.cells, runs: pixels.rows))
    return tape.activation(.gelu, tape.gate(rows, by: expand(tape.relu(reduce(means, tape)), tape)))
  }

  /// What a convolution of 3 × 3 pixels reads at every other pixel, with zeros around the picture.
  /// - Shape: `[images, 3, height, width]` → `[images · height/2 · width/2, 27]`
  private static func patches(_ pixels: Tensor) -> Tensor {
    let (height, width) = (pixels.shape[2], pixels.shape[3])
    let plane = height * width
    return pixels.withFloats { numbers in
      Tensor(floats: [pixels.rows * (height / 2) * (width / 2), 27]) { start in
        var write = start
        for image in 0..<pixels.rows {
          for row in 0..<height / 2 {
            for column in 0..<width / 2 {
              for tap in 0..<27 {
                let y = 2 * row + tap % 9 / 3 - 1
                let x = 2 * column + tap % 3 - 1
                let isInside = y >= 0 && y < height && x >= 0 && x < width
                write.pointee = isInside ? numbers[(image * 3 + tap / 9) * plane + y * width + x] : 0
                write += 1
              }
            }
          }
        }
      }
    }
  }
}

extension Linear {
  /// A convolution over one cell, or one whose squares are laid out before.
  fileprivate static func convolution(
    _ name: String, inputs: Int, outputs: Int, side: Int = 1, from source: any ParameterSource
  ) -> Linear {
    let convolution = Convolution(name, inputs: inputs, outputs: outputs, side: side, from: source)
    return Linear(weight: convolution.weight, bias: convolution.bias)
  }
}

extension Tape {
  /// Every channel several times, side by side.
  /// - Shape: x `[rows, width]` → `[rows, count · width]`
  fileprivate func repeated(_ x: Value, _ count: Int) -> Value {
    guard count > 1 else { return x }
    let numbers = reshaped(x, [x.rows * x.width, 1])
    return reshaped(besides([Value](repeating: numbers, count: count)), [x.rows, count * x.width])
  }

  /// A convolution of each channel, at every other cell; it may make several channels of each.
  fileprivate func halved(_ x: Value, _ shape: inout GridShape, _ convolution: DepthwiseConvolution) -> Value
  {
    let (whole, grids) = (shape, x.rows / shape.cells)
    let rows = convolution(repeated(x, convolution.weight.shape[0] / x.width), whole, self)
    shape = GridShape(height: (whole.height + 1) / 2, width: (whole.width + 1) / 2)
    let (width, cells) = (shape.width, shape.cells)
    return gather(
      rows,
      rows: (0..<grids * cells).map {
        $0 / cells * whole.cells + $0 % cells / width * 2 * whole.width + $0 % width * 2
      })
  }
}

private struct FastViTStage: Sendable {
  private let downsample: (depthwise: DepthwiseConvolution, pointwise: Linear)?
  private let positions: DepthwiseConvolution?
  private let blocks: [FastViTBlock]

  init(_ name: String, _ index: Int, _ sizes: FastViTConfiguration, from source: any ParameterSource) {
    let width = sizes.widths[index]
    downsample =
      index == 0
      ? nil
      : (
        DepthwiseConvolution(
          "\(name)downsample.proj.0.reparam_conv", channels: width, side: 7, from: source),
        .convolution("\(name)downsample.proj.1.reparam_conv", inputs: width, outputs: width, from: source)
      )
    let attends = index >= sizes.firstAttending
    positions =
      attends
      ? DepthwiseConvolution("\(name)pos_emb.reparam_conv", channels: width, side: 7, from: source) : nil
    blocks = (0..<sizes.depths[index]).map {
      FastViTBlock("\(name)blocks.\($0).", width: width, attends: attends, sizes, from: source)
    }
  }

  var parameters: [Parameter] {
    (downsample.map { $0.depthwise.parameters + $0.pointwise.parameters } ?? [])
      + (positions?.parameters ?? []) + blocks.flatMap(\.parameters)
  }

  func forward(_ rows: Value, _ shape: inout GridShape, _ tape: Tape) -> Value {
    var rows = rows
    if let downsample {
      rows = tape.activation(.gelu, tape.halved(rows, &shape, downsample.depthwise))
      rows = tape.linear(rows, downsample.pointwise.map, activation: .gelu)
    }
    if let positions { rows = positions(rows, shape, tape) }
    for block in blocks { rows = block.forward(rows, shape, tape) }
    return rows
  }
}

private struct FastViTBlock: Sendable {
  private enum Mixer: Sendable {
    case convolution(DepthwiseConvolution)
    case attention(norm: LayerNorm, queryKeyValue: Linear, output: Linear, scale: Parameter, AttentionHeads)
  }

  private let mixer: Mixer
  private let convolution: NormedConvolution
  private let first, second: Linear
  private let scale: Parameter

  init(
    _ name: String, width: Int, attends: Bool, _ sizes: FastViTConfiguration,
    from source: any ParameterSource
  ) {
    func scale(_ part: String) -> Parameter {
      source.parameter("\(name)\(part).gamma", [width, 1, 1], initial: .constant(1e-5))
    }
    let head = sizes.headWidth
    mixer =
      attends
      ? .attention(
        norm: LayerNorm("\(name)norm", width: width, epsilon: 1e-5, from: source),
        queryKeyValue: Linear(
          "\(name)token_mixer.qkv", inputs: width, outputs: 3 * width, bias: false, from: source,
          deviation: 0.02),
        output: Linear(
          "\(name)token_mixer.proj", inputs: width, outputs: width, bias: true, from: source, deviation: 0.02),
        scale: scale("layer_scale_1"),
        AttentionHeads(queryHeads: width / head, keyValueHeads: width / head, headWidth: head))
      : .convolution(
        DepthwiseConvolution("\(name)token_mixer.reparam_conv", channels: width, side: 3, from: source))
    convolution = NormedConvolution("\(name)mlp.conv", channels: width, side: 7, from: source)
    let inner = sizes.mlpRatio * width
    first = .convolution("\(name)mlp.fc1", inputs: width, outputs: inner, from: source)
    second = .convolution("\(name)mlp.fc2", inputs: inner, outputs: width, from: source)
    self.scale = scale(attends ? "layer_scale_2" : "layer_scale")
  }

  var parameters: [Parameter] {
    let own =
      switch mixer {
      case .convolution(let convolution): convolution.parameters
      case .attention(let norm, let queryKeyValue, let output, let scale, _):
        norm.parameters + queryKeyValue.parameters + output.parameters + [scale]
      }
    return own + convolution.parameters + first.parameters + second.parameters + [scale]
  }

  func forward(_ rows: Value, _ shape: GridShape, _ tape: Tape) -> Value {
    let mixed = mix(rows, shape, tape)
    let inner = tape.linear(convolution(mixed, shape, tape), first.map, activation: .gelu)
    return tape.linear(inner, second.map, scaledBy: scale, addedTo: mixed)
  }

  private func mix(_ rows: Value, _ shape: GridShape, _ tape: Tape) -> Value {
    switch mixer {
    case .convolution(let convolution): return convolution(rows, shape, tape)
    case .attention(let norm, let queryKeyValue, let output, let scale, let heads):
      let (all, width) = (queryKeyValue(norm(rows, tape), tape), rows.width)
      let parts = (0..<3).map { tape.columns(all, $0 * width..<($0 + 1) * width) }
      let items = (0..<rows.rows / shape.cells).map { grid in
        let range = grid * shape.cells..<(grid + 1) * shape.cells
        return AttentionItem(queries: range, spans: [.rows(range)], isCausal: false)
      }
      let attended = tape.attention(
        query: parts[0], key: parts[1], value: parts[2], heads: heads, items: items,
        precision: output.weight.precision)
      return tape.linear(attended, output.map, scaledBy: scale, addedTo: rows)
    }
  }
}

/// A convolution of each channel with a batch norm behind it, whose statistics are fixed.
private struct NormedConvolution: Sendable {
  /// As they are stored.
  let parameters: [Parameter]
  /// Both in one.
  private let merged: DepthwiseConvolution
  private static let epsilon: Float = 1e-5

  init(_ name: String, channels: Int, side: Int, from source: any ParameterSource) {
    let weight = source.parameter(
      "\(name).conv.weight", [channels, 1, side, side], initial: .normal(deviation: 0.02))
    func vector(_ part: String, _ value: Float) -> Parameter {
      source.parameter("\(name).bn.\(part)", [channels], initial: .constant(value))
    }
    let norm = [
      vector("weight", 1), vector("bias", 0), vector("running_mean", 0), vector("running_var", 1),
    ]
    parameters = [weight] + norm
    let numbers = norm.map { $0.tensor.floats() }
    // Sources that found something wrong, or only ask for shapes, hand out placeholders.
    guard numbers.allSatisfy({ $0.count == channels }), weight.count == channels * side * side else {
      merged = DepthwiseConvolution(weight: weight, bias: norm[1])
      return
    }
    let factors = (0..<channels).map { numbers[0][$0] / (numbers[3][$0] + Self.epsilon).squareRoot() }
    let kernel = weight.tensor.floats().enumerated().map { $1 * factors[$0 / (side * side)] }
    let shift = (0..<channels).map { numbers[1][$0] - numbers[2][$0] * factors[$0] }
    merged = DepthwiseConvolution(
      weight: Parameter(name: weight.name, tensor: Tensor(kernel, shape: [channels, 1, side, side])),
      bias: Parameter(name: norm[1].name, tensor: Tensor(shift, shape: [channels])))
  }

  func callAsFunction(_ rows: Value, _ shape: GridShape, _ tape: Tape) -> Value {
    merged(rows, shape, tape)
  }
}
