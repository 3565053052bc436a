package import Models
package import StrictJSON
package import Tensors

/// Times a vision tower alone, on one picture.
package struct TowerTiming {
  /// Seconds of each pass; the first pass, which fills caches and pools, is not among them.
  package let seconds: [Double]
  /// - Shape: of what the tower makes of the picture, `[rows, width]`
  package let output: [Int]
  package let pictureSide: Int
  /// Processor time of other programs during the measurement, as a share of all; nil where it cannot be known.
  package let foreignLoad: Double?

  package init(
    _ shape: TowerShape, _ precision: WeightPrecision, repeats: Int, backend: Backend,
    onProgress: (_ done: Int, _ all: Int) -> Void = { _, _ in }
  ) throws {
    let tower = try shape.tower(precision)
    let side = shape.imageSize
    var numbers = NormalNumbers(seed: 1)
    let pixels = Tensor((0..<3 * side * side).map { _ in numbers.next() }, shape: [1, 3, side, side])
    let pool = MemoryPool()
    let load = ProcessorLoad()
    var (seconds, output) = ([Double](), [Int]())
    for round in 0...repeats {
      onProgress(round, repeats + 1)
      let start = ContinuousClock().now
      output = Array(tower(pixels, Tape(backend: backend, pool: pool)).tensor.shape)
      seconds.append((ContinuousClock().now - start) / .seconds(1))
    }
    onProgress(repeats + 1, repeats + 1)
    self.seconds = Array(seconds.dropFirst())
    self.output = output
    pictureSide = side
    foreignLoad = load.foreignShare()
  }

  package var median: Double { SpeedComparison.median(seconds) }

  /// The members that `bench --json` adds to the tower's name.
  package var json: [(String, JSONValue)] {
    [
      ("picture", JSONValue([pictureSide, pictureSide])), ("output", JSONValue(output)),
      ("seconds", JSONValue(seconds)), ("median_s", JSONValue(median)),
      ("peak_rss_bytes", JSONValue(ProcessorLoad.peakMemory)),
      ("foreign_load", foreignLoad.map { JSONValue($0) } ?? .null),
    ]
  }
}
