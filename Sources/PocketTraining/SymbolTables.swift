internal import Foundation
internal import Models
internal import PocketWorld
internal import Tensors
internal import Tokenization
internal import Training

/// Embeddings of what a patch shows and where it is. Their sum is a symbolic image row, the decoder's picture before
/// it has eyes and the projector's aim later.
struct SymbolTables: Sendable {
  let row, column, shape, color, size, letter: Parameter

  static let gridSide = 12

  /// - Parameter decoder: What reads the rows.
  init(_ decoder: TransformerDecoder, from source: any ParameterSource) {
    let width = decoder.configuration.hiddenSize
    func table(_ name: String, _ count: Int, _ deviation: Float) -> Parameter {
      source.parameter("symbols.\(name)", [count, width], initial: .normal(deviation: deviation))
    }
    row = table("row", Self.gridSide, 0.25)
    column = table("column", Self.gridSide, 0.25)
    for axis in [row, column] { axis.copy(Self.smooth(axis.tensor)) }
    shape = table("shape", 6, 0.5)
    color = table("color", 7, 0.5)
    size = table("size", 3, 0.5)
    letter = table("letter", 27, 0.5)
  }

  /// Mixes the random rows of a table along slow waves, so that places near each other start alike and an order between
  /// them is a direction.
  private static func smooth(_ table: Tensor) -> [Float] {
    let (count, width) = (table.rows, table.width)
    let noise = table.floats()
    let lengths: [Double] = [48, 24, 12]
    return (0..<count * width).map { index in
      let (place, column) = (index / width, index % width)
      var sum = 0.0
      for (order, length) in lengths.enumerated() {
        let angle = 2 * Double.pi * Double(place) / length
        sum += sin(angle) * Double(noise[2 * order * width + column])
        sum += cos(angle) * Double(noise[(2 * order + 1) * width + column])
      }
      return Float(sum / Double(lengths.count).squareRoot())
    }
  }

  /// Lets labels start as the embeddings of the words for them, and "nothing" as zero.
  func copyWords(from decoder: TransformerDecoder, tokenizer: any TextTokenizer) {
    guard let embedding = decoder.parameters.first else { return }
    func fill(_ table: Parameter, _ pieces: [String]) {
      var values = [Float](repeating: 0, count: embedding.tensor.width)
      for (index, piece) in pieces.enumerated() {
        if let id = tokenizer.id(for: piece), id < embedding.tensor.rows {
          values += embedding.tensor.rows(id..<id + 1).floats()
        } else {
          values += table.tensor.rows(index + 1..<index + 2).floats()
        }
      }
      table.copy(values)
    }
    fill(shape, ObjectShape.allCases.map { "▁" + $0.name })
    fill(color, ObjectColor.allCases.map { "▁" + $0.name })
    fill(size, ObjectSize.allCases.map { "▁" + $0.name })
    fill(letter, (UInt8(ascii: "A")...UInt8(ascii: "Z")).map { String(UnicodeScalar($0)) })
  }

  var parameters: [Parameter] { [row, column, shape, color, size, letter] }

  /// The symbolic rows of some patches of some pictures.
  /// - Shape: `[patches of all pictures, width]`
  func rows(_ labels: [PatchLabels], patches: [[Int]], _ tape: Tape) -> Value {
    func lookUp(_ table: Parameter, _ id: (PatchLabels, Int) -> Int) -> Value {
      tape.embedding(
        zip(labels, patches).flatMap { labels, patches in patches.map { id(labels, $0) } }, table: table)
    }
    let parts = [
      lookUp(row) { $1 / Self.gridSide }, lookUp(column) { $1 % Self.gridSide },
      lookUp(shape) { Int($0.shape[$1]) },
      lookUp(color) { Int($0.color[$1]) }, lookUp(size) { Int($0.size[$1]) },
      lookUp(letter) { Int($0.letter[$1]) },
    ]
    return parts.dropFirst().reduce(parts[0]) { tape.add($0, $1) }
  }
}
