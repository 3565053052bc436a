/// What models read around a picture or between the parts of it, where a prompt has only its place.
package enum PictureWriting: Sendable, Equatable {
  /// The tiles of each row of the grid and at last the whole, between words that name the places.
  case tiles(TileWords)
  /// The lines of its rows, with words between them and behind the last.
  case lines(between: String, behind: String)
  /// All of its rows between two words.
  case tagged(String, String)

  func text(_ grid: PictureGrid) -> PromptText {
    switch self {
    case .tiles(let words): words.text(grid)
    case .lines(let between, let behind):
      PromptText(
        (0..<grid.rows).flatMap { [.picture, .control($0 == grid.rows - 1 ? behind : between)] })
    case .tagged(let front, let end): .control(front) + .picture + .control(end)
    }
  }
}

/// Into how many tiles a picture is cut, 0 × 0 if it is not; or the lines that it is written in, and rows to each.
package struct PictureGrid: Sendable, Equatable {
  package var rows: Int
  package var columns: Int

  package init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
  }
}

/// The words around the tiles of a picture and the view of the whole behind them.
package enum TileWords: Sendable, Equatable {
  case idefics3, lfm2

  fileprivate func text(_ grid: PictureGrid) -> PromptText {
    var text = PromptText.control(opening)
    let isCut = grid.rows > 0 && grid.columns > 0
    if isCut {
      for row in 1...grid.rows {
        for column in 1...grid.columns { text += .control(tile(row, column)) + .picture }
        text += .control(afterRow)
      }
      text += .control(afterRows)
    }
    return text + .control(isCut ? whole : alone) + .picture + .control(closing)
  }

  private static let around = "<fake_token_around_image>"

  private var opening: String { self == .lfm2 ? "<|image_start|>" : "" }

  private func tile(_ row: Int, _ column: Int) -> String {
    switch self {
    case .idefics3: "\(Self.around)<row_\(row)_col_\(column)>"
    case .lfm2: "<|img_row_\(row)_col_\(column)|>"
    }
  }

  private var afterRow: String { self == .idefics3 ? "\n" : "" }
  private var afterRows: String { self == .idefics3 ? "\n" : "" }
  /// In front of the whole picture behind tiles, and of one that was not cut up.
  private var whole: String { self == .idefics3 ? "\(Self.around)<global-img>" : "<|img_thumbnail|>" }
  private var alone: String { self == .idefics3 ? whole : "" }
  private var closing: String { self == .idefics3 ? Self.around : "<|image_end|>" }
}
