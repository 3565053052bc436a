import Checkpoints
import Foundation
import ModelTesting
import Models
import StrictJSON
import Tensors
import Testing

@testable import Loading

/// Models that the memory cannot hold, and formats in which weights are held.
@Suite struct MemoryTests {
  private let folder = ReferenceCase.folder("llava-1.5-hf")

  @Test func aModelLargerThanTheMemoryIsRefusedWithTheFormatsThatFit() throws {
    let inspection = try GammaInspection(folder)
    // The model is so small that the scales of 8 bits weigh more than they save.
    let (tight, large) = (AvailableMemory(bytes: inspection.memory(.bfloat16)), inspection.memory(.int8))
    #expect(!tight.holds(large) && tight.holds(inspection.memory(.int4)))
    let error = #expect(throws: ModelError.self) { try GammaModel.load(folder, memory: tight) }
    let text = error?.description ?? ""
    #expect(text.contains("as f32") && text.contains("bf16 takes") && text.contains("int4 takes"), "\(text)")
    #expect(!text.contains("int8 takes"), "\(text)")
    _ = try GammaModel.load(folder, precision: .bfloat16, memory: tight)
    let none = #expect(throws: ModelError.self) {
      try GammaModel.load(folder, precision: .int4, memory: AvailableMemory(bytes: 10))
    }
    #expect(none?.description.contains("no format fits") == true)
  }

  @Test func freeMemoryIsCounted() {
    #expect((1 << 20...1 << 50).contains(AvailableMemory.current.bytes))
    #expect(ByteCount.text(1 << 30) == "1.0 GiB" && ByteCount.text(12) == "12 bytes")
  }

  @Test func theDefaultFormatIsTheStoredOne() throws {
    let shipped = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "models/pocket")
    #expect(try GammaModel.usualPrecision(shipped) == .bfloat16)
    #expect(try GammaModel.usualPrecision(folder) == nil)
    let copy = FileManager.default.temporaryDirectory.appending(path: "\(UUID())")
    defer { try? FileManager.default.removeItem(at: copy) }
    for format in [PackedMatrix.Format.int8, .int4] {
      try ModelQuantization.quantize(shipped, format: format, to: copy, mayReplace: true)
      let inspection = try GammaInspection(copy)
      #expect(inspection.usualPrecision.rawValue == format.rawValue)
      #expect(
        inspection.text.contains(
          "\(format.rawValue) \(ByteCount.text(inspection.memory(inspection.usualPrecision))) (default)"))
      #expect(try GammaModel.usualPrecision(copy) == nil)
      #expect(throws: (any Error).self) { try ModelQuantization.quantize(shipped, format: format, to: copy) }
      // What was lost once is not lost again in silence.
      let other = copy.appendingPathExtension("other")
      for make in [
        { try ModelQuantization.quantize(copy, format: .int8, to: other) },
        {
          var conversion = ModelConversion()
          conversion.choice = .listed([1])
          _ = try conversion.convert(copy, report: nil, to: other)
        },
        { _ = try GammaModel.load(copy, precision: format == .int8 ? .int4 : .int8) },
      ] {
        let error = #expect(throws: ModelError.self) { try make() }
        #expect(error?.description.contains("quantized") == true)
      }
      #expect(!FileManager.default.fileExists(atPath: other.path))
    }
  }

  @Test func inspectionSaysWhatFits() throws {
    let memory = AvailableMemory(bytes: try GammaInspection(folder).memory(.bfloat16))
    let inspection = try GammaInspection(folder, memory: memory)
    #expect(try inspection.json.strings("fitting_dtypes") == ["bf16", "int4"])
    #expect(try inspection.json.string("default_dtype") == "f32")
    #expect(inspection.text.contains("(default, does not fit here)"))
  }
}
