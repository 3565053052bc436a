internal import Checkpoints
internal import Foundation
internal import StrictJSON
internal import Tensors

/// Everything that decides what a run learns, as its state keeps it: the values of the run file, and digests of the files
/// that it names, wherever they lie.
struct RunIdentity: Sendable {
  let values: JSONObject

  init(_ values: JSONObject) { self.values = values }

  init(_ run: RunConfiguration, stage: [(String, JSONValue)]) throws {
    let files = try [("model", run.model), ("tokenizer", run.tokenizer)].map {
      ($0, JSONValue.string(try ContentDigest.text(of: $1)))
    }
    values = JSONObject(files + run.identity + stage)
  }

  /// What is different in this run, for a sentence; empty if nothing is.
  func differences(from stored: RunIdentity) throws -> [String] {
    let keys = stored.values.keys + values.keys.filter { stored.values[$0] == nil }
    return try keys.compactMap { key in
      let (old, new) = (try stored.values[key]?.text(), try values[key]?.text())
      guard old != new else { return nil }
      if Self.isDigest(stored.values[key]), Self.isDigest(values[key]) { return "\(key) has other content" }
      return "\(key) was \(old ?? "not given") and is \(new ?? "not given")"
    }
  }

  private static func isDigest(_ value: JSONValue?) -> Bool {
    value?.string.map { $0.utf8.count == 64 && $0.allSatisfy(\.isHexDigit) } ?? false
  }
}

extension RunConfiguration {
  /// The values that decide what a run learns, those of its stage left out.
  fileprivate var identity: [(String, JSONValue)] {
    [
      ("trainable", JSONValue(trainable.map(\.rawValue).sorted())),
      ("lora", lowRank.map { ["rank": JSONValue($0.rank), "alpha": JSONValue($0.alpha)] } ?? .null),
      ("seed", JSONValue(Int(truncatingIfNeeded: seed))), ("steps", JSONValue(steps)),
      ("pictures_per_step", JSONValue(picturesPerStep)), ("pieces", JSONValue(pieces)),
      ("answer_weighting", .string(answerWeighting.rawValue)), ("precision", .string(precision.rawValue)),
      ("learning_rate", JSONValue(rate.peak)), ("warmup_steps", JSONValue(rate.warmupSteps)),
      ("warmup_from_zero", .bool(rate.warmsUpFromZero)), ("final_rate_share", JSONValue(rate.finalShare)),
      ("beta1", JSONValue(optimizer.beta1)), ("beta2", JSONValue(optimizer.beta2)),
      ("epsilon", JSONValue(optimizer.epsilon)), ("weight_decay", JSONValue(optimizer.weightDecay)),
      ("gradient_clip", JSONValue(optimizer.gradientClip)),
    ]
  }
}
