/// Rearranged copies of float32 tensors, and changes of some that their caller owns.
extension Tensor {
  /// - Shape: `[rows, columns]` → `[columns, rows]`
  package func transposed() -> Tensor {
    let (rows, columns) = (rows, width)
    let result = Tensor(uninitialized: [columns, rows])
    let (source, target) = (floatPointer, result.floatPointer)
    for row in 0..<rows {
      for column in 0..<columns { target[column * rows + row] = source[row * columns + column] }
    }
    return result
  }

  /// The pixels of each square patch as one row, channel by channel; what does not fill a patch is left out.
  /// - Shape: `[images, channels, height, width]` → `[images · patches, channels · side²]`
  package func patches(side: Int, pool: MemoryPool) -> Tensor {
    let (images, channels, height, width) = (shape[0], shape[1], shape[2], shape[3])
    let (rows, columns) = (height / side, width / side)
    let result = Tensor(uninitialized: [images * rows * columns, channels * side * side], pool: pool)
    var target = result.floatPointer
    for image in 0..<images {
      for row in 0..<rows {
        for column in 0..<columns {
          for channel in 0..<channels {
            for line in 0..<side {
              let source = ((image * channels + channel) * height + row * side + line) * width + column * side
              target.update(from: floatPointer + source, count: side)
              target += side
            }
          }
        }
      }
    }
    return result
  }

  /// Overwrites the row `places[i]` with row i of another tensor.
  /// - Shape: self `[*, width]`, rows `[places.count, width]`
  package func setRows(_ places: [Int], from rows: Tensor) {
    precondition(rows.rows == places.count && rows.width == width, "\(rows.shape) as rows of \(shape)")
    for (row, place) in places.enumerated() {
      precondition(place >= 0 && place < self.rows, "row \(place) of \(shape)")
      (floatPointer + place * width).update(from: rows.floatPointer + row * width, count: width)
    }
  }

  /// Adds factor · change.
  /// - Shape: change as this
  package func add(_ change: Tensor, scaledBy factor: Float) {
    precondition(change.count == count, "\(shape) + \(change.shape)")
    let (target, source) = (floatPointer, change.floatPointer)
    for index in 0..<count { target[index] += factor * source[index] }
  }
}
