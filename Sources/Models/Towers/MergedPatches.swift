internal import Images
internal import StrictJSON
internal import Tensors

/// Pictures of any size as patches, of which squares become one row of the decoder. The patches of a square follow each other.
struct MergedPatches: Sendable {
  /// Pixels along a side of a patch, pictures that a still one stands for, and patches along a side of a square.
  let patch, frames, merge: Int
  /// More patches along one side than any picture that fits a decoder has.
  static let mostPatches = 4096

  /// - Parameter usual: The side of a patch where the configuration of the tower does not say.
  init(_ json: JSONObject, patch usual: Int) throws {
    patch = try DecoderConfiguration.size(json, "patch_size", default: usual, limit: 1024)
    frames = try DecoderConfiguration.size(json, "temporal_patch_size", default: 2, limit: 64)
    merge = try DecoderConfiguration.size(json, "spatial_merge_size", default: 2, limit: 64)
  }

  /// Numbers of one patch: channels, frames, rows, columns.
  var patchNumbers: Int { 3 * frames * patch * patch }
  /// Patches of a square.
  var cell: Int { merge * merge }

  /// The grid of rows that the decoder sees.
  func cells(_ input: ImageInput) -> GridShape {
    GridShape(height: (input.grid?.height ?? 0) / merge, width: (input.grid?.width ?? 0) / merge)
  }

  /// Row and column of each patch of a grid of squares, in the order of the patches.
  func places(_ grid: GridShape) -> [SIMD3<Int32>] {
    (0..<grid.cells * cell).map { index in
      let (square, inside) = (index / cell, index % cell)
      return SIMD3(
        Int32(square / grid.width * merge + inside / merge),
        Int32(square % grid.width * merge + inside % merge), 0)
    }
  }

  /// Angles of rows in the first half of a head and of columns in the second.
  static func angles(headWidth: Int, places: [SIMD3<Int32>]) -> RotaryTable {
    let quarter = RotaryTable.frequencies(headWidth: headWidth / 2, theta: 10000)
    return RotaryTable(frequencies: quarter + quarter, positions: mostPatches)
      .composed(of: places, axes: RotaryTable.axes(sections: [headWidth / 4, headWidth / 4]))
  }
}

/// An encoder that reads such patches, for decoders that count positions in time, rows and columns (Qwen-VL).
protocol MergedPatchEncoder: ImageEncoder {
  var patches: MergedPatches { get }
}

extension MergedPatchEncoder {
  func check(_ input: ImageInput) throws {
    let (merge, most) = (patches.merge, MergedPatches.mostPatches)
    guard let grid = input.grid, (1...most).contains(grid.height), (1...most).contains(grid.width),
      grid.height % merge == 0, grid.width % merge == 0,
      input.pixels.shape == [grid.height * grid.width, patches.patchNumbers]
    else {
      throw ModelError(
        "the patches are \(input.pixels.shape) for a grid of \(input.grid?.height ?? 0) × \(input.grid?.width ?? 0); "
          + "the tower reads [patches, \(patches.patchNumbers)] of grids in multiples of \(merge), up to \(most)"
      )
    }
  }

  func tokenCount(of input: ImageInput) -> Int { patches.cells(input).cells }

  var blank: ImageInput {
    let side = 8 * patches.merge
    return ImageInput(
      pixels: .zeros([side * side, patches.patchNumbers]), grid: .init(height: side, width: side))
  }

  func areas(of input: ImageInput) -> [TokenArea?] {
    let cells = patches.cells(input)
    return TokenArea.grid(.init(height: cells.height, width: cells.width))
  }

  func axisPlaces(_ ids: [Int], imageTokenID: Int, inputs: [ImageInput]) -> AxisPlaces? {
    guard !inputs.isEmpty else { return nil }
    var places: [SIMD3<Int32>] = []
    var (next, picture) = (0, 0)
    while places.count < ids.count {
      guard ids[places.count] == imageTokenID, picture < inputs.count else {
        places.append(SIMD3(repeating: Int32(next)))
        next += 1
        continue
      }
      let grid = patches.cells(inputs[picture])
      for cell in 0..<min(grid.cells, ids.count - places.count) {
        places.append(SIMD3(Int32(next), Int32(next + cell / grid.width), Int32(next + cell % grid.width)))
      }
      next += max(grid.height, grid.width)
      picture += 1
    }
    return AxisPlaces(places: places, shift: next - ids.count)
  }
}
