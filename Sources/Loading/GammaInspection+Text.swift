internal import Checkpoints
internal import Foundation
internal import MixtureOfDepths
internal import Models
internal import Tensors
internal import Wording

extension GammaInspection {
  /// The findings for reading, one a line.
  package var text: String {
    var lines = [
      "\(url.path): \(model.family ?? model.modelType), \(isSupported ? "supported" : "not supported")"
    ]
    func add(_ name: String, _ value: String) {
      lines.append("  " + name.padding(toLength: 16, withPad: " ", startingAt: 0) + value)
    }
    if let reason { add("reason", reason) }
    if let base { add("changes", base.path) }
    if let sizes = model.sizes {
      let decoder = sizes.decoder
      var parts = [("decoder", model.decoder.total + routerParameters)]
      if sizes.tokensPerImage != nil {
        parts = [("vision", model.vision.total), ("projector", model.projector.total)] + parts
      }
      let list = parts.map { "\($0.0) \(Self.grouped($0.1))" }.joined(separator: ", ")
      add("parameters", "\(Self.grouped(parameters)) (\(list))")
      add(
        "decoder",
        "\(counted(decoder.layerCount, "layer")) of width \(decoder.hiddenSize), \(counted(decoder.queryHeads, "head")), "
          + "\(counted(decoder.keyValueHeads, "key head")), vocabulary \(Self.grouped(decoder.vocabularySize))"
      )
      add("context", "\(Self.grouped(decoder.contextLength)) tokens")
      if let tokens = sizes.tokensPerImage, let side = sizes.imageSize {
        add("picture", "\(side) × \(side) pixels become \(Self.grouped(tokens)) tokens")
      } else {
        add("picture", "none, the model reads text only")
      }
    } else {
      add("parameters", Self.grouped(parameters))
    }
    add("stored as", storedPrecision.rawValue)
    add("memory", formats.map(memoryText).joined(separator: ", "))
    add("free memory", ByteCount.text(memory.bytes))
    if let routing, let layerCount = model.sizes?.decoder.layerCount {
      let list = routing.layers.map(String.init).joined(separator: ", ")
      add("routed layers", "\(routing.layers.count) of \(layerCount): \(list)")
      add("routing", routing.rulesText)
      if routing.isUntuned, base == nil {
        add("tuning", "none since the model was converted; train it first")
      }
    } else if model.sizes != nil, routingFault == nil {
      add("routed layers", "none, the model is dense")
    }
    let types = model.storedTypes.sorted { $0.key.rawValue < $1.key.rawValue }
    add("tensors", types.map { "\($0.value) \($0.key.rawValue)" }.joined(separator: ", "))
    if !model.missingFiles.isEmpty {
      add("missing files", model.missingFiles.joined(separator: ", "))
    }
    return lines.joined(separator: "\n")
  }

  private func memoryText(_ precision: WeightPrecision) -> String {
    let notes = [
      precision == usualPrecision ? "default" : nil,
      memory.holds(memory(precision)) ? nil : "does not fit here",
    ].compactMap { $0 }
    return "\(precision.rawValue) \(ByteCount.text(memory(precision)))"
      + (notes.isEmpty ? "" : " (\(notes.joined(separator: ", ")))")
  }

  /// A number with commas between its thousands.
  private static func grouped(_ number: Int) -> String {
    var result = ""
    for (index, digit) in String(number).enumerated() {
      if index > 0, (String(number).count - index).isMultiple(of: 3) { result.append(",") }
      result.append(digit)
    }
    return result
  }
}

extension RoutingConfiguration {
  /// The rules in words.
  var rulesText: String {
    let prompt =
      switch prefill {
      case .threshold(let value): "prompt rows run if p > \(value)"
      case .imageThreshold(let value): "image rows run if p > \(value), text always"
      case .imageSkip(let share):
        "the \(shares(share)) of image rows with the least \(measure) are skipped, text runs"
      case .skip(let share): "the \(shares(share)) of all rows with the least \(measure) are skipped"
      }
    let generated =
      switch decode {
      case .threshold(let value): "generated tokens run if p ≥ \(value)"
      case .always: "generated tokens run"
      }
    return "\(prompt); \(generated); \(positions.rawValue) positions; training skips "
      + "\(shares(capacityFactor)) and protects \(protection.rawValue)"
      + (routerSharing == .layer ? "; each layer has its own router" : "")
  }

  /// What ranks the rows that are skipped.
  private var measure: String { rowChoice == .router ? "p" : "luck" }

  private func shares(_ common: Double) -> String {
    guard let skipByLayer, let least = skipByLayer.min(), let most = skipByLayer.max() else {
      return Self.percent(common)
    }
    return "\(Self.percent(least)) to \(Self.percent(most)), by layer,"
  }

  private static func percent(_ share: Double) -> String {
    let tenths = (share * 1000).rounded() / 10
    return tenths == tenths.rounded() ? "\(Int(tenths)) %" : "\(tenths) %"
  }
}
