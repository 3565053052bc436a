/// The inner loops. Sums stay within 32 bits: the weights of one place add up to 2²² in size times at most
/// 1.6, and samples are at most 255.
extension ResamplingWeights {
  private var half: Int32 { 1 << (fractionBits - 1) }

  @inline(__always)
  private func byte(_ sum: Int32) -> UInt8 {
    UInt8(truncatingIfNeeded: min(max(sum >> fractionBits, 0), 255))
  }

  /// Resamples some columns of one row of RGB pixels of the table's input length.
  func applyToRow(
    _ row: UnsafePointer<UInt8>, output: UnsafeMutablePointer<UInt8>, columns: Range<Int>
  ) {
    weights.withUnsafeBufferPointer { weights in
      for column in columns {
        var read = first[column] * 3
        var red = half
        var green = half
        var blue = half
        let start = column * stride
        for place in start..<start + counts[column] {
          let weight = weights[place]
          red &+= Int32(row[read]) &* weight
          green &+= Int32(row[read + 1]) &* weight
          blue &+= Int32(row[read + 2]) &* weight
          read += 3
        }
        output[column * 3] = byte(red)
        output[column * 3 + 1] = byte(green)
        output[column * 3 + 2] = byte(blue)
      }
    }
  }

  /// Resamples all columns of a band of rows that begins with the first row the table draws on.
  func applyToColumns(_ input: UnsafePointer<UInt8>, output: UnsafeMutablePointer<UInt8>, rowBytes: Int) {
    let firstRow = sources.lowerBound
    withUnsafeTemporaryAllocation(of: Int32.self, capacity: rowBytes) { sums in
      for row in first.indices {
        sums.initialize(repeating: half)
        for tap in 0..<counts[row] {
          let weight = weights[row * stride + tap]
          let read = input + (first[row] - firstRow + tap) * rowBytes
          for place in 0..<rowBytes { sums[place] &+= Int32(read[place]) &* weight }
        }
        let write = output + row * rowBytes
        for place in 0..<rowBytes { write[place] = byte(sums[place]) }
      }
    }
  }
}
