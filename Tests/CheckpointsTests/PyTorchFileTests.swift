import Files
import Foundation
import Tensors
import Testing

@testable import Checkpoints

@Suite struct PyTorchFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test(arguments: ["zip.bin", "protocol-4.bin", "legacy.bin"])
  func readsWhatPyTorchWrote(_ name: String) throws {
    let file = try PyTorchFile(fixture("checkpoints/\(name)"))
    let found = try SafetensorsFile(fixture("checkpoints/found.safetensors"))
    #expect(Set(file.names) == Set(found.names))
    #expect(file.names.first == "float64" && file.names.count == 26)
    for name in found.names {
      let (ours, theirs) = (try file.entry(name), try found.entry(name))
      #expect(
        ours.storedType == theirs.storedType && ours.shape == theirs.shape && ours.count == theirs.count)
      if theirs.storedType.isFloatingPoint {
        for dtype in DType.allCases {
          #expect(
            try file.tensor(name, as: dtype).floats() == found.tensor(name, as: dtype).floats(), "\(name)")
        }
        #expect(throws: CheckpointError.self) { try file.int64s(name) }
      } else {
        #expect(try file.int64s(name) == found.int64s(name), "\(name)")
        #expect(throws: CheckpointError.self) { try file.tensor(name) }
      }
    }
  }

  @Test(arguments: ["zip.bin", "legacy.bin"])
  func tensorsShareTheirStorage(_ name: String) throws {
    let file = try PyTorchFile(fixture("checkpoints/\(name)"))
    let whole = try file.entry("shared")
    #expect(whole.strides == nil && whole.range.count == 48)
    #expect(try file.entry("shared.again").range == whole.range)
    #expect(try file.entry("shared.transposed").range == whole.range)
    #expect(try file.entry("shared.transposed").strides == [1, 6])
    #expect(try file.entry("shared.rows").strides == nil)
    #expect(
      try file.entry("shared.rows").range == whole.range.lowerBound + 12..<whole.range.lowerBound + 36)
    #expect(try file.entry("shared.repeated").strides == [0, 1])
  }

  /// Views longer than one chunk of the conversion, in every order of three axes.
  @Test func readsLargeViews() throws {
    let (shape, size) = ([70, 90, 130], 4)
    let values = (0..<shape.reduce(1, *)).map(Float.init)
    let strides = [90 * 130, 130, 1]
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [0, 2, 1], [2, 0, 1], [1, 2, 0]] {
      let bytes = PickleBytes.zip([
        (
          "a/data.pkl",
          PickleBytes.pickle(
            PickleBytes.table(
              PickleBytes.tensor(
                storage: PickleBytes.storage(count: values.count), shape: order.map { shape[$0] },
                strides: order.map { strides[$0] })))
        ), ("a/data/0", values.withUnsafeBytes { Array($0) }),
      ])
      #expect(bytes.count > values.count * size)
      let tensor = try PyTorchFile(try folder.file("view.bin", bytes)).tensor("a")
      var expected: [Float] = []
      for first in 0..<shape[order[0]] {
        for second in 0..<shape[order[1]] {
          let start = first * strides[order[0]] + second * strides[order[1]]
          for third in 0..<shape[order[2]] { expected.append(values[start + third * strides[order[2]]]) }
        }
      }
      #expect(tensor.floats() == expected, "\(order)")
    }
  }

  @Test func limitsHold() throws {
    func expectError(_ phrase: String, _ change: (inout PyTorchLimits) -> Void) {
      var limits = PyTorchLimits()
      change(&limits)
      let error = #expect(throws: CheckpointError.self) {
        try PyTorchFile(fixture("checkpoints/zip.bin"), limits: limits)
      }
      #expect(error?.description.contains(phrase) == true, "\(error?.description ?? "")")
    }
    expectError("more than 100 bytes") { $0.pickleBytes = 100 }
    expectError("more than 20 steps") { $0.operations = 20 }
    expectError("mentions more than 2 names") { $0.mentions = 2 }
    expectError("more than 5 values wait") { $0.stackValues = 5 }
    expectError("value 6 is kept and the limit is 6") { $0.memoValues = 6 }
    expectError("a text has 7 bytes and the limit is 6") { $0.textBytes = 6 }
    expectError("nested deeper than 2 levels") { $0.depth = 2 }
    expectError("the limit is 3") { $0.archiveEntries = 3 }
    expectError("more than 5 tensors") { $0.tensors = 5 }
    expectError("has 2 axes and the limit is 1") { $0.rank = 1 }
    expectError("exceeds 15 bytes") { $0.nameBytes = 15 }
  }

  @Test func readsPicklesOfPython2() throws {
    let pair = PickleBytes.tuple([UInt8(ascii: "U"), 1, UInt8(ascii: "b")], PickleBytes.tensor())
    let items = Array("](".utf8) + pair + Array("e".utf8)
    let body = PickleBytes.call("collections", "OrderedDict", items)
    let file = try PyTorchFile(try folder.file("a.bin", PickleBytes.legacy(PickleBytes.pickle(body))))
    #expect(try file.floats("b") == [0, 0])
  }

  @Test func saysWhatIsNoPyTorchFile() throws {
    let cases: [([UInt8], String)] = [
      ([], "the file is empty"), (Array("version https://git-lfs.github.com/spec/v1\n".utf8), "Git LFS"),
      (Array("hello".utf8), "no file of torch.save"),
      (PickleBytes.pickle([UInt8(ascii: "N")]), "save a state_dict()"),
      (PickleBytes.zip([("a/x", [1])]), "0 files data.pkl"),
      (PickleBytes.zip([("a/data.pkl", []), ("a/constants.pkl", [])]), "TorchScript"),
    ]
    for (bytes, phrase) in cases {
      let error = #expect(throws: CheckpointError.self) { try PyTorchFile(try folder.file("a.bin", bytes)) }
      #expect(error?.description.contains(phrase) == true, "\(error?.description ?? "")")
    }
    #expect(throws: FileError.self) { try PyTorchFile(folder.url.appendingPathComponent("none.bin")) }
  }
}
