import Files
import Foundation
import Tensors
import Testing

@testable import Checkpoints

@Suite struct SafetensorsFileTests {
  private let model = fixture("models/llama-text/model.safetensors")
  private let allTypes = fixture("checkpoints/all-types.safetensors")
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func readsAFileOfTheOfficialLibrary() throws {
    let file = try SafetensorsFile(model)
    #expect(file.names.first == "lm_head.weight")
    #expect(try file.entry("model.embed_tokens.weight").shape == [150, 48])
    let embedding = try file.tensor("model.embed_tokens.weight")
    #expect(embedding.shape == [150, 48])
    // As numpy reads them.
    #expect(Array(embedding.rows(5..<6).floats().prefix(3)) == [-0.390068501, -1.1332531, -0.187780783])
    let sum = embedding.floats().reduce(0) { $0 + Double($1) }
    #expect(abs(sum - -51.08890668891763) < 1e-9)
    let inputs = try SafetensorsFile(fixture("models/llama-text/inputs.safetensors"))
    #expect(try inputs.int64s("input_ids").prefix(5) == [1, 130, 122, 52, 36])
    #expect(try inputs.entry("leftpad_batch.attention_mask").shape == [2, 23])
  }

  @Test func readsEveryStoredType() throws {
    let file = try SafetensorsFile(allTypes)
    #expect(file.metadata == ["format": "pt"])
    #expect(Set(file.entries.values.map(\.storedType)) == Set(StoredType.allCases.filter { !$0.isBlocks }))
    for type in ["float16", "bfloat16", "float32", "float64"] {
      for dtype in DType.allCases {
        #expect(try file.tensor(type, as: dtype).floats() == [0, 3, 3, 3, 0, 3], "\(type) as \(dtype)")
      }
      #expect(throws: CheckpointError.self) { try file.int64s(type) }
    }
    for type in ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"] {
      #expect(try file.int64s(type) == [0, 3, 3, 3, 0, 3], "\(type)")
      #expect(throws: CheckpointError.self) { try file.tensor(type) }
    }
    #expect(try file.int64s("bool") == [0, 1, 1, 1, 0, 1])
    #expect(try file.tensor("scalar").scalar == 2.5)
    #expect(try file.tensor("empty").shape == [0, 4])
    #expect(try file.int64s("naïve \"name\"\n") == [7])
    #expect(try file.withBytes("uint16") { Array($0) } == [0, 0, 3, 0, 3, 0, 3, 0, 0, 0, 3, 0])
    #expect(throws: CheckpointError.self) { try file.tensor("absent") }
  }

  /// The writer gives the very bytes of the official library, so files stay equal through reading and writing.
  @Test(arguments: [
    "checkpoints/all-types.safetensors", "models/llama-text/model.safetensors",
    "models/llama-text/outputs.safetensors",
  ])
  func writesTheBytesOfTheOfficialLibrary(_ path: String) throws {
    let original = try SafetensorsFile(fixture(path))
    var writer = SafetensorsWriter(metadata: original.metadata)
    for name in original.names.shuffled() {
      switch try original.entry(name).storedType {
      case .float32: try writer.add(name, original.tensor(name))
      case .bfloat16: try writer.add(name, original.tensor(name, as: .bfloat16))
      case .int64: try writer.add(name, int64s: original.int64s(name), shape: original.entry(name).shape)
      case .int32:
        try writer.add(name, int32s: original.int64s(name).map(Int32.init), shape: original.entry(name).shape)
      case .uint8:
        let bytes = try original.withBytes(name) { Array($0) }
        try writer.add(name, bytes: bytes, .uint8, shape: original.entry(name).shape)
      default: try writer.add(name, copyOf: name, in: original)
      }
    }
    let copy = folder.url.appendingPathComponent("copy.safetensors")
    try Data("old".utf8).write(to: copy)
    try writer.write(to: copy)
    #expect(try Data(contentsOf: copy) == Data(contentsOf: original.url))
    #expect(try folder.names() == ["copy.safetensors"])
  }

  @Test func writerRefusesWhatNoFileCanHold() throws {
    var writer = SafetensorsWriter()
    try writer.add("a", Tensor([1, 2], shape: [2]))
    #expect(throws: CheckpointError.self) { try writer.add("a", Tensor([1], shape: [1])) }
    #expect(throws: CheckpointError.self) { try writer.add("__metadata__", Tensor([1], shape: [1])) }
    #expect(throws: CheckpointError.self) { try writer.add("b", int64s: [1, 2], shape: [3]) }
    #expect(throws: CheckpointError.self) { try writer.add("b", bytes: [1, 2, 3], .int16, shape: [1]) }
    let nowhere = folder.url.appendingPathComponent("none/a.safetensors")
    #expect(throws: FileError.self) { try writer.write(to: nowhere) }
    #expect(throws: FileError.self) { try writer.write(to: folder.url) }
  }

  @Test func rejectsUnsignedIntegersAndBooleansOutOfRange() throws {
    var writer = SafetensorsWriter()
    try writer.add("large", bytes: [UInt8](repeating: 0xFF, count: 8), .uint64, shape: [1])
    try writer.add("flag", bytes: [2], .bool, shape: [])
    try writer.add("negative", bytes: [0xFE, 0xFF], .int16, shape: [1])
    let url = folder.url.appendingPathComponent("a.safetensors")
    try writer.write(to: url)
    let file = try SafetensorsFile(url)
    #expect(throws: CheckpointError.self) { try file.int64s("large") }
    #expect(throws: CheckpointError.self) { try file.int64s("flag") }
    #expect(try file.int64s("negative") == [-2])
  }

  @Test func convertsEveryHalfPrecisionNumber() throws {
    for bits in UInt16.min...UInt16.max {
      let (ours, exact) = (FloatConversion.float(float16Bits: bits), Float(Float16(bitPattern: bits)))
      #expect(ours.bitPattern == exact.bitPattern || ours.isNaN && exact.isNaN, "\(bits)")
    }
  }

  @Test func roundsToBfloat16() throws {
    let values: [Float] = [
      1, 1.00390625, 1.01171875, -3.3e38, -0.0, .leastNonzeroMagnitude, 0.1,
    ]
    var writer = SafetensorsWriter()
    try writer.add("a", Tensor(values, shape: [values.count]))
    let url = folder.url.appendingPathComponent("a.safetensors")
    try writer.write(to: url)
    let read = try SafetensorsFile(url).tensor("a", as: .bfloat16)
    let bits = read.withBytes { Array($0.bindMemory(to: UInt16.self)) }
    #expect(bits == values.map(\.bfloat16Bits))
  }
}
