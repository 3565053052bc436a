import Checkpoints
import Files
import Foundation
import ModelTesting
import Models
import Tensors
import Testing

@testable import Loading
@testable import MixtureOfDepths

/// What was rounded once is not rounded again without a word.
@Suite struct QuantizedSourceTests {
  private static let pocket = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../models/pocket").standardized
  private let folder = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
    .appendingPathComponent("gamma-mod-tests-" + UUID().uuidString)

  private func message(_ body: () throws -> Void) -> String {
    let error = #expect(throws: ModelError.self) { try body() }
    return error?.description ?? ""
  }

  @Test(arguments: PackedMatrix.Format.made) func quantizedFoldersAreSourcesOfNothing(
    _ format: PackedMatrix.Format
  ) throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let packed = folder.appendingPathComponent("packed")
    try ModelQuantization.quantize(Self.pocket, format: format, to: packed)
    let target = folder.appendingPathComponent("target")
    for other in PackedMatrix.Format.made {
      let text = message { try ModelQuantization.quantize(packed, format: other, to: target) }
      #expect(text.contains(packed.path) && text.contains("quantized (\(format.rawValue))"), "\(text)")
    }
    var conversion = ModelConversion()
    conversion.choice = .listed([1])
    let text = message { _ = try conversion.convert(packed, report: nil, to: target) }
    #expect(text.contains(packed.path) && text.contains("quantized (\(format.rawValue))"), "\(text)")
    #expect(!FileManager.default.fileExists(atPath: target.path))

    let other: WeightPrecision = format == .int8 ? .int4 : .int8
    #expect(message { _ = try GammaModel.load(packed, precision: other) }.contains("--dtype"))
    #expect(try GammaModel.load(packed).notices.isEmpty)
    #expect(try GammaModel.load(packed, precision: format == .int8 ? .int8 : .int4).notices.isEmpty)
    let wide = try GammaModel.load(packed, precision: .float32)
    #expect(wide.notices.count == 1 && wide.notices[0].contains("no more exact"), "\(wide.notices)")
  }

  @Test func aFlippedByteIsFoundByVerifying() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let copy = folder.appendingPathComponent("pocket")
    try FileManager.default.copyItem(at: Self.pocket, to: copy)
    try GammaModel.verify(copy)
    let weights = copy.appendingPathComponent("model.safetensors")
    var bytes = try Data(contentsOf: weights)
    bytes[bytes.count - 1000] ^= 1
    try bytes.write(to: weights)
    let error = #expect(throws: FileError.self) { try GammaModel.verify(copy) }
    #expect(error?.path == weights.path)
    try FileManager.default.removeItem(at: copy.appendingPathComponent("manifest.json"))
    #expect(message { try GammaModel.verify(copy) }.contains("no manifest.json"))
  }
}
