/// Where rows stand in time, row and column of their pictures (Qwen2-VL).
package struct AxisPlaces: Sendable, Equatable {
  /// One per row, counted from the sequence's start.
  package let places: [SIMD3<Int32>]
  /// What is added to the count of all rows to find the place of the row behind these.
  package let shift: Int

  package init(places: [SIMD3<Int32>], shift: Int) {
    self.places = places
    self.shift = shift
  }

  /// Some consecutive rows; what follows them is expected to bring its own places.
  package subscript(_ rows: Range<Int>) -> AxisPlaces {
    AxisPlaces(places: Array(places[rows]), shift: shift)
  }
}
