internal import Tensors

/// A block of a tower whose patches turn by their row and column (Qwen-VL): attention and an MLP, each behind a norm and
/// beside a residual.
struct AxialVisionBlock: Sendable {
  /// The sizes of a tower's blocks, and the habits of its generation.
  struct Shape: Sendable {
    let width, intermediate, heads: Int
    let norm: NormKind
    let mlp: MLPKind

    var headWidth: Int { width / heads }
    /// Whether heads divide the width, and rows and columns the heads.
    var isSound: Bool { width % heads == 0 && headWidth % 4 == 0 }

    func norm(_ name: String, from source: any ParameterSource) -> Norm {
      switch norm {
      case .rootMeanSquare: .rootMeanSquare(RMSNorm(name, width: width, epsilon: 1e-6, from: source))
      case .layer: .layer(LayerNorm(name, width: width, epsilon: 1e-6, from: source))
      }
    }
  }

  enum NormKind { case rootMeanSquare, layer }

  enum MLPKind: Sendable {
    /// With a gate of SiLU.
    case gated
    /// Two layers of those names with an activation between them.
    case plain(Activation, String, String)
  }

  enum Norm: Sendable {
    case rootMeanSquare(RMSNorm)
    case layer(LayerNorm)

    var parameters: [Parameter] {
      switch self {
      case .rootMeanSquare(let norm): [norm.weight]
      case .layer(let norm): norm.parameters
      }
    }

    func callAsFunction(_ rows: Value, _ tape: Tape) -> Value {
      switch self {
      case .rootMeanSquare(let norm): norm(rows, tape)
      case .layer(let norm): norm(rows, tape)
      }
    }
  }

  private enum MLP: Sendable {
    case gated(gate: Linear, up: Linear, down: Linear)
    case plain(Linear, Activation, Linear)

    var layers: [Linear] {
      switch self {
      case .gated(let gate, let up, let down): [gate, up, down]
      case .plain(let first, _, let second): [first, second]
      }
    }
  }

  private let norm1, norm2: Norm
  private let queryKeyValue, output: Linear
  private let mlp: MLP
  private let heads: AttentionHeads

  init(_ name: String, _ shape: Shape, from source: any ParameterSource) {
    func linear(_ part: String, _ inputs: Int, _ outputs: Int) -> Linear {
      Linear("\(name).\(part)", inputs: inputs, outputs: outputs, bias: true, from: source, deviation: 0.02)
    }
    let (width, inner) = (shape.width, shape.intermediate)
    norm1 = shape.norm("\(name).norm1", from: source)
    norm2 = shape.norm("\(name).norm2", from: source)
    queryKeyValue = linear("attn.qkv", width, 3 * width)
    output = linear("attn.proj", width, width)
    mlp =
      switch shape.mlp {
      case .gated:
        .gated(
          gate: linear("mlp.gate_proj", width, inner), up: linear("mlp.up_proj", width, inner),
          down: linear("mlp.down_proj", inner, width))
      case .plain(let activation, let first, let second):
        .plain(linear(first, width, inner), activation, linear(second, inner, width))
      }
    heads = AttentionHeads(
      queryHeads: shape.heads, keyValueHeads: shape.heads, headWidth: shape.headWidth)
  }

  var parameters: [Parameter] {
    norm1.parameters + norm2.parameters + ([queryKeyValue, output] + mlp.layers).flatMap(\.parameters)
  }

  /// - Parameter table: Row i holds the angles of row i.
  func forward(_ hidden: Value, _ table: RotaryTable, items: [AttentionItem], _ tape: Tape) -> Value {
    let width = hidden.width
    let all = queryKeyValue(norm1(hidden, tape), tape)
    let positions = (0..<Int32(hidden.rows)).map { $0 }
    let query = tape.rotary(tape.columns(all, 0..<width), positions: positions, table: table)
    let key = tape.rotary(tape.columns(all, width..<2 * width), positions: positions, table: table)
    let attended = tape.attention(
      query: query, key: key, value: tape.columns(all, 2 * width..<3 * width), heads: heads, items: items,
      precision: queryKeyValue.map.weight.precision)
    let middle = tape.add(hidden, output(attended, tape))
    let rows = norm2(middle, tape)
    let change =
      switch mlp {
      case .gated(let gate, let up, let down):
        down(tape.gated(gate: gate(rows, tape), up: up(rows, tape)), tape)
      case .plain(let first, let activation, let second):
        second(tape.activation(activation, first(rows, tape)), tape)
      }
    return tape.add(middle, change)
  }
}
