internal import MixtureOfDepths
internal import Models
internal import Tensors

/// What one pass runs.
struct PassPart {
  let running: RunningAnswer
  /// Rows of the prompt, or the place of a generated token behind it.
  let rows: Range<Int>

  var isDecoding: Bool { rows.lowerBound >= running.prompt.ids.count }
}

extension AnswerLoop {
  /// The next token of every answer that has begun, and parts of prompts as far as a pass has room.
  func nextParts() -> [PassPart] {
    var parts = active.filter { $0.next != nil }
      .map { PassPart(running: $0, rows: $0.length..<$0.length + 1) }
    var room = max(1, limits.rowsPerPass - parts.count)
    // Where others wait for their next token, pictures are encoded one at a time.
    var pictures = parts.isEmpty ? Int.max : 1
    for running in active where running.isReading && room > 0 {
      let rows = part(of: running, room: room, pictures: &pictures)
      guard !rows.isEmpty else { continue }
      parts.append(PassPart(running: running, rows: rows))
      room -= rows.count
    }
    return parts
  }

  /// The next rows of a prompt, with their pictures encoded.
  private func part(of running: RunningAnswer, room: Int, pictures: inout Int) -> Range<Int> {
    let start = running.length
    guard !running.readsAtOnce else {
      for index in running.pictureRows.indices where !find(index, of: running) { encode(index, of: running) }
      return start..<running.prompt.ids.count
    }
    var end = start + min(room, running.prompt.ids.count - start)
    for (index, rows) in running.prompt.pictureRanges.enumerated() where rows.overlaps(start..<end) {
      let isWhole =
        running.rules?.readsWholePictures == true || model.decoder.configuration.picturesSeeThemselves
      if isWhole, rows.upperBound > end {
        end = rows.lowerBound > start ? rows.lowerBound : rows.upperBound
      }
      guard rows.lowerBound < end, !find(index, of: running) else { continue }
      guard pictures > 0 else { return start..<max(start, rows.lowerBound) }
      pictures -= 1
      encode(index, of: running)
    }
    return start..<end
  }

  /// Takes the rows of a picture that was encoded before, for this request or another one.
  /// - Returns: Whether its rows are there.
  private func find(_ index: Int, of running: RunningAnswer) -> Bool {
    guard running.pictureRows[index] == nil else { return true }
    guard let key = running.request.pictureKeys[index], let rows = pictures.rows(of: key) else {
      return false
    }
    take(rows, of: index, for: running, after: .zero)
    return true
  }

  /// Makes the rows of a picture, and keeps them for further requests.
  private func encode(_ index: Int, of running: RunningAnswer) {
    guard let encoder = model.images, case .input(let input) = running.prompt.pictures[index].content else {
      return
    }
    let start = ContinuousClock().now
    let rows = encoder.encode(input, tape).tensor
    if let key = running.request.pictureKeys[index] { pictures.keep(rows, of: key) }
    take(rows, of: index, for: running, after: ContinuousClock().now - start)
  }

  private func take(_ rows: Tensor, of index: Int, for running: RunningAnswer, after time: Duration) {
    running.pictureRows[index] = rows
    running.answer.times.image += time
    running.report(.pictureRead(index: index, count: running.pictureRows.count))
  }

  /// Runs a pass and lets every sequence that it has brought to its last row take its next token.
  func run(_ parts: [PassPart]) {
    let start = ContinuousClock().now
    let decoder = model.decoder
    var batch = PackedBatch()
    for part in parts { append(part, to: &batch) }
    trace.tallies = parts.map { $0.isDecoding ? $0.running.generatedTally : $0.running.promptTally }
    let pass = DecoderPass(
      batch, tape: tape, observer: trace, shouldStop: { parts.allSatisfy { $0.running.isCancelled() } })
    let hidden = decoder.forward(embed(parts, batch), pass)
    guard !pass.wasStopped else { return }
    let ending = parts.indices.filter { !parts[$0].running.isReading }
    let last = tape.gather(hidden, rows: ending.map { batch.slices[$0].rows.upperBound - 1 })
    let logits = ending.isEmpty ? last : decoder.logits(decoder.normalize(last, tape), tape)
    let time = ContinuousClock().now - start
    for part in parts {
      if part.isDecoding {
        part.running.answer.times.decode += time
      } else {
        part.running.answer.times.prefill += time
        part.running.report(.promptProgress(rows: part.running.length, of: part.running.prompt.ids.count))
      }
    }
    take(logits.tensor, ending.map { parts[$0].running })
  }

  private func append(_ part: PassPart, to batch: inout PackedBatch) {
    guard let cache = part.running.cache else { return }
    let (running, rules) = (part.running, part.running.request.options.rules)
    if part.isDecoding {
      batch.append(roles: [.answer], cache: cache, isDecoding: true, rules: rules)
    } else {
      batch.append(
        roles: Array(running.roles[part.rows]), pictures: Array(running.prompt.pictureOfRow[part.rows]),
        cache: cache,
        isDecoding: false, axes: running.prompt.axes?[part.rows], rules: rules)
    }
  }

  /// Token rows and the rows of pictures in their places.
  private func embed(_ parts: [PassPart], _ batch: PackedBatch) -> Value {
    var (ids, places) = ([Int](), [Int]())
    var sources: [RowSource] = []
    for (part, slice) in zip(parts, batch.slices) {
      let running = part.running
      if part.isDecoding {
        ids.append(running.next ?? 0)
        places.append(slice.rows.lowerBound)
        continue
      }
      let offset = slice.rows.lowerBound - part.rows.lowerBound
      for row in part.rows where running.prompt.pictureOfRow[row] < 0 {
        ids.append(running.prompt.ids[row])
        places.append(row + offset)
      }
      sources += running.imageSources(part.rows, offset: offset)
    }
    if sources.isEmpty { return model.decoder.embed(ids, tape) }
    if !ids.isEmpty { sources.append(RowSource(model.decoder.embed(ids, tape), places: places)) }
    return tape.assemble(sources, rows: batch.rowCount)
  }

  private func take(_ logits: Tensor, _ ending: [RunningAnswer]) {
    let context = model.decoder.configuration.contextLength
    var ended: [RunningAnswer] = []
    for (row, running) in ending.enumerated() {
      do {
        let line = logits.rows(row..<row + 1)
        onLogits?(running, line.floats())
        if try running.take(line, ends: endIDs, context: context) { ended.append(running) }
      } catch {
        fail([running], error as? AnswerError ?? AnswerError("\(error)"))
      }
    }
    retire(ended)
  }
}

extension RunningAnswer {
  /// The image rows of a part of the prompt, and their places in the batch.
  fileprivate func imageSources(_ part: Range<Int>, offset: Int) -> [RowSource] {
    var sources: [RowSource] = []
    for (index, range) in prompt.pictureRanges.enumerated() where range.overlaps(part) {
      guard let known = pictureRows[index] else { continue }
      // Text may stand between a picture's rows.
      let imageRows = range.filter { prompt.pictureOfRow[$0] >= 0 }
      let first = imageRows.prefix { $0 < part.lowerBound }.count
      let places = imageRows.filter(part.contains).map { $0 + offset }
      guard !places.isEmpty else { continue }
      sources.append(RowSource(Value(constant: known.rows(first..<first + places.count)), places: places))
    }
    return sources
  }
}
