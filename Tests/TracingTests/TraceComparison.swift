import Checkpoints
import Comparing

/// A trace held against what an original implementation recorded of the same inputs.
struct TraceComparison {
  /// What a file holds under one name.
  struct Entry {
    enum Numbers: Equatable {
      case floats([Float])
      case integers([Int64])
    }
    var shape: [Int]
    var numbers: Numbers
  }

  var ours: [String: Entry]
  let theirs: [String: Entry]
  /// By the prefix of a prompt: which of its `[prompts, tokens]` hold a token. The originals also answer at the others,
  /// where nothing is defined.
  private let masks: [String: (shape: [Int], isToken: [Bool])]

  init(ours: SafetensorsFile, theirs: SafetensorsFile, inputs: SafetensorsFile) throws {
    self.ours = try Self.entries(ours)
    self.theirs = try Self.entries(theirs)
    let ending = "attention_mask"
    masks = Dictionary(
      uniqueKeysWithValues: try inputs.names.filter {
        $0.hasSuffix(ending) && !$0.hasSuffix("pixel_\(ending)")
      }
      .map { name in
        let mask = (shape: try inputs.entry(name).shape, isToken: try inputs.int64s(name).map { $0 != 0 })
        return (String(name.dropLast(ending.count)), mask)
      })
  }

  private static func entries(_ file: SafetensorsFile) throws -> [String: Entry] {
    Dictionary(
      uniqueKeysWithValues: try file.names.map { name in
        let entry = try file.entry(name)
        let numbers: Entry.Numbers =
          try entry.storedType == .int64 ? .integers(file.int64s(name)) : .floats(file.floats(name))
        return (name, Entry(shape: entry.shape, numbers: numbers))
      })
  }

  /// Names whose ending tells what they hold, which a trace does not write, and why.
  static let exceptions: [(pattern: String, reason: String)] = [
    (
      #"(^|\.)attn\.\d+$"#, "a whole attention map never exists; ARank, which is counted from it, is compared"
    ),
    (
      #"^(rank|rank64|rank_margin|arank64|sv)\."#,
      "ranks by head; `arank` is their mean, SingularValuesTests hold them"
    ),
    (#"^vision\.hidden\.\d+$"#, "`vision.features` is the block that is used; ReferenceTests hold all"),
    (#"(^|\.)position\.decode\.\d+$"#, "the length of the layer's cache, which is compared"),
    (#"^(position_ids|rope_delta|rope_index)$"#, "places on three axes, which every hidden state depends on"),
    (#"^merged\.(attention_mask|labels)$"#, "what the losses, which are compared, are sums over"),
    (#"^single_tile_packed_features$"#, "of a picture in no prompt"),
    (#"^padded_image\."#, "of a picture in no prompt; GreedyRun's tests read it"),
  ]

  /// The same for names of a family.
  static let familyExceptions: [String: [String: String]] = [
    "llava-onevision": ["projector.output": "`packed_features` are its rows as the decoder gets them"],
    "gamma-llava-hr-train-unpadded": [
      "projector.output": "part of `inputs_embeds`", "vision.features": "what `inputs_embeds` come from",
    ],
  ]

  private static func isExcepted(_ name: String, of family: String) throws -> Bool {
    if familyExceptions[family]?[name] != nil { return true }
    return try exceptions.contains { try name.contains(Regex($0.pattern)) }
  }

  /// Names that the trace must have.
  func required(of family: String) throws -> [String] {
    try theirs.keys.filter { try !Self.isExcepted($0, of: family) }.sorted()
  }

  /// What is missing or differs, by name.
  func faults(of family: String) throws -> [String: String] {
    var faults: [String: String] = [:]
    for name in try required(of: family) { faults[name] = fault(in: name) }
    return faults
  }

  /// What is wrong with one tensor of ours.
  func fault(in name: String) -> String? {
    guard let our = ours[name], let their = theirs[name] else { return "is missing" }
    // Some originals keep the views of a picture in one row of an axis.
    guard our.shape.reduce(1, *) == their.shape.reduce(1, *), our.shape.last == their.shape.last else {
      return "has shape \(our.shape), not \(their.shape)"
    }
    switch (our.numbers, their.numbers) {
    case (.integers(let our), .integers(let their)): return our == their ? nil : "is \(our), not \(their)"
    case (.floats(let our), .floats(let their)):
      let places = compared(name, their.count, shape: self.theirs[name]?.shape ?? [])
      guard let last = places.last, last < our.count else { return "has no numbers" }
      let expected = places.map { their[$0] }
      let worst = worstDifference(places.map { our[$0] }, expected)
      return worst <= Self.tolerance(name, expected) ? nil : "is off by \(worst)"
    default: return "is of another type"
    }
  }

  /// Which numbers of a tensor belong to tokens.
  func compared(_ name: String, _ count: Int, shape: [Int]) -> [Int] {
    guard let (_, mask) = masks.filter({ name.hasPrefix($0.key) }).max(by: { $0.key.count < $1.key.count }),
      shape.count > 2, Array(shape.prefix(2)) == mask.shape
    else { return Array(0..<count) }
    let width = count / mask.isToken.count
    return (0..<count).filter { mask.isToken[$0 / width] }
  }

  /// Never more than a fiftieth of what is compared, so that small gradients cannot pass as zeros.
  private static func tolerance(_ name: String, _ expected: [Float]) -> Float {
    let isBeside = { (part: String) in name.split(separator: ".").contains { $0 == part } }
    let absolute: Float =
      isBeside("loss")
      ? 1e-5 : isBeside("grad") || isBeside("prob") ? 1e-4 : isBeside("logits") ? 1e-3 : 2e-4
    return min(absolute, expected.reduce(0) { max($0, abs($1)) } / 50)
  }
}
