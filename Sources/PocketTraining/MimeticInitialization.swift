internal import Foundation
internal import Models
internal import Tensors
internal import Tokenization
internal import Training

/// Starting values for small models that are trained from nothing, under which rows begin by attending to their like.
///
/// Queries and keys start equal, so that a row attends to rows like itself; in the decoder the attention's output starts
/// as the transpose of its value, so that what is attended to is copied (after Trockman & Kolter 2023, arXiv
/// 2305.09828), and the head starts as a copy of the embeddings; the tower's positions start as slow waves. Ordinary
/// small random values leave such models at chance for long.
enum MimeticInitialization {
  static func apply(to decoder: TransformerDecoder, tokenizer: any TextTokenizer, seed: UInt64) {
    let parameters = Dictionary(uniqueKeysWithValues: decoder.parameters.map { ($0.name, $0) })
    for parameter in decoder.parameters {
      if parameter.name.hasSuffix("embed_tokens.weight") {
        parameter.fill(seed: seed, deviation: 0.5)
        shareLetters(parameter, tokenizer)
      } else if parameter.name.hasSuffix("_proj.weight") {
        parameter.fill(seed: seed, deviation: 1 / Float(parameter.shape[1]).squareRoot())
      }
    }
    for parameter in decoder.parameters {
      let name = parameter.name
      func sibling(_ part: String, _ other: String) -> Parameter? {
        name.hasSuffix(part) ? parameters[name.dropLast(part.count) + other] : nil
      }
      if let query = sibling("k_proj.weight", "q_proj.weight"), query.shape == parameter.shape {
        parameter.copy(query.tensor.floats())
      } else if let value = sibling("o_proj.weight", "v_proj.weight"),
        value.shape == parameter.shape.reversed()
      {
        parameter.copy(transposed(value.tensor, by: 0.3))
      } else if name.hasSuffix("down_proj.weight") {
        parameter.copy(parameter.tensor.floats().map { $0 * 0.3 })
      } else if name.hasSuffix("lm_head.weight"), let embedding = decoder.parameters.first {
        parameter.copy(embedding.tensor.floats().map { $0 * 0.1 })
      }
    }
  }

  static func apply(to images: any SquareImageEncoder, seed: UInt64) {
    let parameters = Dictionary(uniqueKeysWithValues: images.towerParameters.map { ($0.name, $0) })
    let blocks = images.towerParameters.count { $0.name.hasSuffix("fc2.weight") }
    for parameter in images.towerParameters + images.projectorParameters {
      let name = parameter.name
      let inputs = Float(parameter.tensor.width)
      if name.hasSuffix("patch_embedding.weight") {
        parameter.fill(seed: seed, deviation: 1.5 / inputs.squareRoot())
      } else if name.hasSuffix("position_embedding.weight") {
        parameter.copy(waves(side: images.gridSide, width: parameter.tensor.width))
      } else if name.hasSuffix("class_embedding") {
        parameter.fill(seed: seed, deviation: 0.1)
      } else if name.hasSuffix("out_proj.weight") || name.hasSuffix("fc2.weight") {
        parameter.fill(seed: seed, deviation: 1 / (inputs * Float(2 * blocks)).squareRoot())
      } else if parameter.shape.count == 2 {
        parameter.fill(seed: seed, deviation: 1 / inputs.squareRoot())
      }
    }
    for (name, parameter) in parameters where name.hasSuffix("k_proj.weight") {
      guard let query = parameters[name.dropLast("k_proj.weight".count) + "q_proj.weight"] else { continue }
      parameter.copy(query.tensor.floats())
    }
  }

  /// A piece with a space in front starts like the one without.
  private static func shareLetters(_ embedding: Parameter, _ tokenizer: any TextTokenizer) {
    let width = embedding.tensor.width
    var values = embedding.tensor.floats()
    for id in 0..<min(embedding.tensor.rows, tokenizer.vocabularySize) {
      guard let piece = tokenizer.piece(for: id), piece.hasPrefix("▁"), piece != "▁",
        let other = tokenizer.id(for: String(piece.dropFirst())), other < embedding.tensor.rows
      else { continue }
      values.replaceSubrange(id * width..<(id + 1) * width, with: values[other * width..<(other + 1) * width])
    }
    embedding.copy(values)
  }

  /// Sines and cosines of rows and columns with wave lengths from 8 to about 200 patches, without their mean; the class
  /// token's row is the first.
  private static func waves(side: Int, width: Int) -> [Float] {
    let count = width / 4
    let frequencies = (0..<count).map { 0.25 * Double.pi * pow(30, -Double($0) / Double(count)) }
    var rows = [[Double](repeating: 0, count: width)]
    for patch in 0..<side * side {
      var row: [Double] = []
      for place in [patch / side, patch % side] {
        row += frequencies.map { sin(Double(place) * $0) } + frequencies.map { cos(Double(place) * $0) }
      }
      rows.append(row + [Double](repeating: 0, count: width - row.count))
    }
    let means = (0..<width).map { column in rows.reduce(0) { $0 + $1[column] } / Double(rows.count) }
    return rows.flatMap { row in zip(row, means).map { Float($0 - $1) } }
  }

  private static func transposed(_ tensor: Tensor, by factor: Float) -> [Float] {
    let values = tensor.floats()
    let (rows, columns) = (tensor.rows, tensor.width)
    return (0..<columns * rows).map { factor * values[$0 % rows * columns + $0 / rows] }
  }
}

extension Parameter {
  fileprivate func fill(seed: UInt64, deviation: Float) {
    copy(
      RandomParameters(seed: seed).parameter(name, Array(shape), initial: .normal(deviation: deviation))
        .tensor
        .floats())
  }
}
