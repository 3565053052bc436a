import Foundation
import Testing

@testable import Checkpoints

/// Every file here ends in an error that names file, place and remedy, soon, and runs nothing.
@Suite struct HostilePickleTests {
  private typealias Pickle = PickleBytes

  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let pickle: [UInt8]
    let phrase: String

    init(_ name: String, _ body: [UInt8], _ phrase: String, version: UInt8 = 2) {
      testDescription = name
      pickle = PickleBytes.pickle(body, version: version)
      self.phrase = phrase
    }
  }

  private static func code(_ characters: String) -> [UInt8] { Array(characters.utf8) }

  private static func run(_ module: String, _ name: String) -> [UInt8] {
    Pickle.call(module, name, Pickle.text("echo owned"))
  }

  private static let programs: [Case] = [
    Case("os.system", run("os", "system"), "os.system is not allowed"),
    Case("posix.system", run("posix", "system"), "posix.system is not allowed"),
    Case("nt.system", run("nt", "system"), "nt.system is not allowed"),
    Case("builtins.eval", run("builtins", "eval"), "builtins.eval is not allowed"),
    Case("builtins.exec", run("builtins", "exec"), "builtins.exec is not allowed"),
    Case("__builtin__.eval", run("__builtin__", "eval"), "__builtin__.eval is not allowed"),
    Case("builtins.getattr", run("builtins", "getattr"), "builtins.getattr is not allowed"),
    Case("subprocess.Popen", run("subprocess", "Popen"), "subprocess.Popen is not allowed"),
    Case("runpy", run("runpy", "_run_code"), "runpy._run_code is not allowed"),
    Case("torch.load", run("torch", "load"), "torch.load is not allowed"),
    Case("torch.storage", run("torch.storage", "_load_from_bytes"), "torch.storage._load_from_bytes is not"),
    Case("torch.hub", run("torch.hub", "load"), "torch.hub.load is not allowed"),
    Case(
      "a dotted name", run("torch._utils", "_rebuild_tensor_v2.__globals__"), "__globals__ is not allowed"),
    Case("a name that looks alike", run("torch", "FloatStorage "), "torch.FloatStorage  is not allowed"),
    Case("nested in a table", Pickle.table(run("posix", "system")), "posix.system is not allowed"),
    Case(
      "nested in tables",
      Pickle.table(Pickle.table(code("](") + run("os", "popen") + code("e"))), "os.popen is not allowed"),
    Case("as a key", code("}") + run("os", "popen") + code("Ns"), "os.popen is not allowed"),
    Case(
      "as a tensor's hooks", Pickle.call("torch._utils", "_rebuild_tensor_v2", run("os", "system")),
      "os.system"),
    Case("as a storage's key", Pickle.tuple(Pickle.text("storage"), run("os", "system")), "os.system"),
    Case(
      "STACK_GLOBAL", [0x8C, 5] + code("posix") + [0x8C, 6] + code("system") + [0x93],
      "posix.system is not allowed",
      version: 4),
    Case("STACK_GLOBAL of numbers", code("K\u{1}K\u{2}") + [0x93], "an integer stands where", version: 4),
    Case("INST", code("(X\u{1}\0\0\0aiposix\nsystem\n"), "posix.system, made by the instruction INST,"),
    Case("OBJ", code("(") + Pickle.global("collections", "OrderedDict") + code("o"), "the instruction OBJ"),
    Case(
      "NEWOBJ", Pickle.global("collections", "OrderedDict") + code(")") + [0x81], "the instruction NEWOBJ"),
    Case(
      "NEWOBJ_EX", Pickle.global("collections", "OrderedDict") + code(")}") + [0x92], "NEWOBJ", version: 4),
    Case("EXT1", [0x82, 1], "the instruction EXT"),
    Case("EXT4", [0x84, 1, 0, 0, 0], "the instruction EXT"),
    Case("PERSID", code("P0\n"), "the instruction PERSID"),
    Case("an unknown instruction", [0xFF], "the instruction 0xFF"),
    Case("a text of protocol 0", code("S'a'\n"), "the instruction 0x53"),
    Case("a second pickle inside", [0x80, 2], "a second beginning"),
    Case("protocol 5", code("N"), "protocol 5 and 2 to 4", version: 5),
    Case("protocol 0", code("N"), "protocol 0 and 2 to 4", version: 0),
    Case("BYTEARRAY8", [0x96] + Pickle.bytes(UInt64(1)) + [0], "a buffer of protocol 5", version: 4),
    Case(
      "BUILD of a function", Pickle.global("torch._utils", "_rebuild_tensor_v2") + code("}b"),
      "setting attributes"),
    Case("BUILD of a tensor", Pickle.tensor() + code("}b"), "setting attributes of a tensor"),
    Case("BUILD from a tuple", code("})b"), "a dictionary of attributes"),
    Case("calling a text", Pickle.text("a") + code(")R"), "calling a text"),
    Case(
      "calling a storage's type", Pickle.call("torch", "FloatStorage", Pickle.integer(9)), "calling torch"),
    Case(
      "calling without a tuple", Pickle.global("collections", "OrderedDict") + code("NR"),
      "a tuple of arguments"),
  ]

  private static let shapes: [Case] = {
    func refused(_ name: String, _ tensor: [UInt8], _ phrase: String) -> Case {
      Case(name, Pickle.table(tensor), phrase)
    }
    return [
      refused("a missing storage", Pickle.tensor(storage: Pickle.storage(key: "1")), "storage 1 is missing"),
      refused("a long storage", Pickle.tensor(storage: Pickle.storage(count: 3)), "storage 0 has"),
      refused(
        "a storage of another type", Pickle.tensor(storage: Pickle.storage(type: "DoubleStorage")),
        "storage 0 "),
      refused(
        "a storage beyond memory", Pickle.tensor(storage: Pickle.storage(count: 1 << 62)),
        "no possible length"),
      refused("a negative storage", Pickle.tensor(storage: Pickle.storage(count: -1)), "no possible length"),
      refused(
        "a path as a key", Pickle.tensor(storage: Pickle.storage(key: "../version")), "storage ../version"),
      refused("a negative size", Pickle.tensor(shape: [-1]), "shape hold the negative number -1"),
      refused("a negative stride", Pickle.tensor(strides: [-1]), "strides hold the negative number -1"),
      refused("a negative offset", Pickle.tensor(offset: -1), "does not fit its storage"),
      refused("an offset beyond", Pickle.tensor(offset: 1), "does not fit its storage"),
      refused("an offset far beyond", Pickle.tensor(offset: .max, shape: [0]), "does not fit its storage"),
      refused("a stride beyond", Pickle.tensor(strides: [2]), "does not fit its storage"),
      refused("a span beyond 64 bits", Pickle.tensor(strides: [.max]), "does not fit its storage"),
      refused(
        "spans that sum beyond 64 bits", Pickle.tensor(shape: [2, 2], strides: [.max, .max]), "does not fit"),
      refused(
        "a product beyond 64 bits", Pickle.tensor(shape: [1 << 32, 1 << 32], strides: [0, 0]), "too large"),
      refused(
        "empty, but beyond 64 bits", Pickle.tensor(shape: [0, 1 << 62, 4], strides: [1, 1, 1]), "too large"),
      refused("few numbers many times", Pickle.tensor(shape: [1 << 30], strides: [0]), "repeats numbers"),
      refused("fewer strides", Pickle.tensor(shape: [1, 2]), "2 axes and 1 strides"),
      refused(
        "nine axes",
        Pickle.tensor(shape: Array(repeating: 1, count: 9), strides: Array(repeating: 1, count: 9)),
        "9 axes and the limit is 8"),
      refused(
        "a shape of texts",
        Pickle.call(
          "torch._utils", "_rebuild_tensor_v2", Pickle.storage(), Pickle.integer(0),
          Pickle.tuple(Pickle.text("2")),
          Pickle.integers([1]), [0x89], code("N")), "a text stands where a number of a tensor's shape"),
      refused("no storage", Pickle.tensor(storage: code("N")), "None stands where a tensor's storage"),
      refused(
        "few arguments", Pickle.call("torch._utils", "_rebuild_tensor_v2", Pickle.storage()),
        "made of 1 values"),
      refused(
        "a negative view",
        Pickle.call(
          "torch._utils", "_rebuild_tensor_v2", Pickle.storage(), Pickle.integer(0), Pickle.integers([2]),
          Pickle.integers([1]), [0x89], code("N"), Pickle.table([0x88], name: "neg")),
        "negative or conjugate view"),
      refused(
        "a parameter of nothing",
        Pickle.call("torch._utils", "_rebuild_parameter", code("N"), [0x88], code("N")),
        "a parameter is made of no tensor"),
      refused(
        "a storage of four values",
        Pickle.tuple(
          Pickle.text("storage"), Pickle.global("torch", "FloatStorage"), Pickle.text("0"), Pickle.text("cpu")
        )
          + code("Q"), "is no storage of numbers"),
      refused(
        "a module",
        Pickle.tuple(
          Pickle.text("module"), code("N"), code("N"), code("N"), code("N")) + code("Q"),
        "is no storage of numbers"),
      refused(
        "a storage that is a text", Pickle.text("0") + code("Q"), "a text stands where the tuple of a storage"
      ),
      refused(
        "a storage of no type",
        Pickle.tuple(
          Pickle.text("storage"), Pickle.text("FloatStorage"), Pickle.text("0"), Pickle.text("cpu"),
          Pickle.integer(2))
          + code("Q"), "a storage's type"),
      refused(
        "a storage that is a view",
        Pickle.tuple(
          Pickle.text("storage"), Pickle.global("torch", "FloatStorage"), Pickle.text("0"),
          Pickle.text("cpu"),
          Pickle.integer(2), Pickle.tuple(Pickle.text("0"), Pickle.integer(0), Pickle.integer(2)))
          + code("Q"),
        "is a view of another"),
      Case(
        "two tensors of one name",
        code("}(") + Pickle.text("a") + Pickle.tensor() + Pickle.text("a")
          + Pickle.tensor() + code("u"), "two tensors have the name a"),
      Case(
        "two names that meet",
        code("}(") + Pickle.text("a.b") + Pickle.tensor() + Pickle.text("a")
          + Pickle.table(Pickle.tensor(), name: "b") + code("u"), "two tensors have the name a.b"),
      Case(
        "a name of 1025 bytes", Pickle.table(Pickle.tensor(), name: String(repeating: "n", count: 1025)),
        "exceeds 1024 bytes"),
      Case("a name that is no text", code("}N") + Pickle.tensor() + code("s"), "None stands where the name"),
      Case(
        "a name that is not UTF-8", code("}U\u{1}") + [0xFF] + Pickle.tensor() + code("s"), "not in UTF-8"),
      Case("a single tensor", Pickle.tensor(), "no table of named tensors"),
      Case("a list", code("]"), "no table of named tensors"),
    ]
  }()

  private static let machines: [Case] = [
    Case("a table in itself", code("}q\0") + Pickle.text("a") + code("h\0s"), "holds itself"),
    Case("a list in itself", Pickle.table(code("]q\0h\0a")), "holds itself"),
    Case(
      "a table ten times in itself",
      code("}q\0(") + (0..<10).flatMap { Pickle.text("\($0)") + code("h\0") }
        + code("u"), "holds itself"),
    Case("tables that double thirty times", doubling(30), "nested deeper than 16 levels"),
    Case("tables that grow tenfold", doubling(14, width: 10), "more than 50000 tensors"),
    Case("empty tables that grow tenfold", doubling(14, width: 10, leaf: code("}")), "hold more than"),
    Case(
      "100,000 tuples inside each other", code("N") + [UInt8](repeating: 0x85, count: 100_000),
      "no table of named tensors"),
    Case(
      "as many inside a table", Pickle.table(code("N") + [UInt8](repeating: 0x85, count: 100_000)),
      "nested deeper"),
    Case("endless values", code(String(repeating: "N", count: 200_000)), "values wait on the stack"),
    Case("endless marks", code(String(repeating: "(", count: 200_000)), "values wait on the stack"),
    Case("endless steps", code(String(repeating: "N0", count: 300_000)), "more than 400000 steps"),
    Case("endless tables", code(String(repeating: "}0", count: 300_000)), "more than 400000 steps"),
    Case(
      "endless storages",
      Array(
        [code("N"), Array(repeating: [UInt8(ascii: "0")] + Pickle.storage(), count: 50_000).flatMap { $0 }]
          .joined()),
      "the pickle takes more than"),
    Case(
      "endless names",
      Array(repeating: Pickle.global("torch", "FloatStorage") + code("0"), count: 250_000)
        .flatMap { $0 }, "the pickle takes more than"),
    Case("a memo of four billion", code("Nr") + [0xFF, 0xFF, 0xFF, 0xFF], "value 4294967295 is kept"),
    Case(
      "the largest memo, then nothing", code("Nr") + Pickle.bytes(UInt32(399_999)) + code("0"), "0 values"),
    Case("a memo that is empty", code("h\u{7}"), "value 7 is used before it is kept"),
    Case("a memo that is far away", code("j") + [0xFF, 0xFF, 0xFF, 0x7F], "is used before it is kept"),
    Case("remembering nothing", code("q\0"), "needs a value"),
    Case("MEMOIZE of nothing", [0x94], "needs a value", version: 4),
    Case("a text of four gigabytes", code("X") + [0xFF, 0xFF, 0xFF, 0xFF], "4294967295 bytes and the limit"),
    Case("a text of 2⁶⁴ bytes", [0x8D] + Pickle.bytes(UInt64.max), "bytes and the limit", version: 4),
    Case("a text of negative length", code("T") + [0xFF, 0xFF, 0xFF, 0xFF], "a text has -1 bytes"),
    Case(
      "a text of two megabytes", Pickle.text(String(repeating: "x", count: 2 << 20)),
      "2097152 bytes and the limit"),
    Case(
      "bytes beyond the end", [0x8E] + Pickle.bytes(UInt64(1000)), "ends within an instruction", version: 4),
    Case("a whole number of negative length", [0x8B] + Pickle.bytes(Int32(-5)), "a text has -5 bytes"),
    Case(
      "a frame beyond the end", [0x95] + Pickle.bytes(UInt64.max), "ends within an instruction", version: 4),
    Case(
      "a name without end", code("c" + String(repeating: "x", count: 2000)), "does not end within 1024 bytes"),
    Case("nothing", [], "ends with 0 values"),
    Case("two values", code("NN"), "ends with 2 values"),
    Case("a mark left over", code("N("), "and not with one"),
    Case("taking from nothing", code("0"), "needs a value"),
    Case("doubling nothing", code("2"), "needs a value"),
    Case("a tuple of nothing", [0x87], "needs a value"),
    Case("a tuple across a mark", code("N(") + [0x85], "needs a value"),
    Case("a tuple without a mark", code("Nt"), "needs a mark"),
    Case("dropping a mark that is not there", code("1"), "needs a mark"),
    Case("setting in a list", code("]NNs"), "a list stands where a dictionary"),
    Case("setting an odd number", code("}(NNNu"), "a key of a dictionary has no value"),
    Case("making an odd table", code("(NNNd"), "a key of a dictionary has no value"),
    Case("appending to a table", code("}Na"), "a dictionary stands where a list"),
    Case("extending nothing", code("(Ne"), "needs a value"),
    Case(
      "an ordered dictionary of a number", Pickle.call("collections", "OrderedDict", code("K\u{1}")),
      "a list of keys"),
    Case(
      "an ordered dictionary of no pairs", Pickle.call("collections", "OrderedDict", code("](Ne")),
      "a key and its"),
  ]

  /// Tables that hold the table before them several times.
  private static func doubling(_ depth: Int, width: Int = 2, leaf: [UInt8] = Pickle.table(Pickle.tensor()))
    -> [UInt8]
  {
    var result = leaf + code("q\0")
    for level in 1...depth {
      result +=
        code("}(") + (0..<width).flatMap { Pickle.text("\($0)") + [UInt8(ascii: "h"), UInt8(level - 1)] }
      result += code("uq") + [UInt8(level)]
    }
    // The levels below wait on the stack; only the last one is the result.
    result += code("q") + [255] + code(String(repeating: "0", count: depth + 1)) + code("h") + [255]
    return result
  }

  @Test(arguments: programs + shapes + machines)
  func isRefused(_ example: Case) throws {
    let folder = try TemporaryFolder()
    for (format, bytes) in [
      ("archive", PickleBytes.archive(example.pickle)), ("legacy", PickleBytes.legacy(example.pickle)),
    ] {
      let url = try folder.file("\(format).bin", bytes)
      let milliseconds = threadMilliseconds {
        let error = #expect(throws: CheckpointError.self) { try PyTorchFile(url) }
        let text = error?.description ?? ""
        #expect(text.hasPrefix("\(url.path): byte "), "\(text)")
        // The two formats miss different things of a storage.
        #expect(text.contains(example.phrase), "\(format): \(text)")
        #expect(text.contains("; "), "no remedy: \(text)")
      }
      #expect(milliseconds < 100, "\(milliseconds) ms")
    }
  }

  @Test func thereAreEnoughExamples() {
    #expect(Self.programs.count >= 30)
    #expect(Self.programs.count + Self.shapes.count + Self.machines.count >= 100)
  }

  @Test(arguments: ["small.bin", "small-legacy.bin", "zip.bin", "legacy.bin", "protocol-4.bin"])
  func everyPrefixIsRefused(_ name: String) throws {
    let whole = [UInt8](try Data(contentsOf: fixture("checkpoints/\(name)")))
    var slowest = 0.0
    for count in 0..<whole.count {
      // Memory of its own, so that reading behind the end shows.
      let prefix = Array(whole.prefix(count))
      let milliseconds = threadMilliseconds {
        let error = #expect(throws: CheckpointError.self, "\(count) bytes") { try entries(prefix) }
        #expect(error?.message.contains("; ") == true, "\(error?.description ?? "")")
      }
      slowest = max(slowest, milliseconds)
    }
    #expect(slowest < 100, "\(slowest) ms")
  }

  private func entries(_ bytes: [UInt8]) throws -> [TensorEntry] {
    try bytes.withUnsafeBytes { try PyTorchFile.entries($0, path: "here", limits: PyTorchLimits()) }
  }

  /// Any changed byte must end in an error or in tensors that lie in the file, never in a trap.
  @Test(arguments: ["small.bin", "small-legacy.bin"])
  func survivesDamage(_ name: String) throws {
    let whole = [UInt8](try Data(contentsOf: fixture("checkpoints/\(name)")))
    let folder = try TemporaryFolder()
    for place in whole.indices {
      for byte in [UInt8(0), 1, 0x28, 0x2E, 0x30, 0x52, 0x7F, 0x80, 0xFF, whole[place] ^ 0x20] {
        var damaged = whole
        damaged[place] = byte
        guard (try? entries(damaged)) != nil,
          let file = try? PyTorchFile(try folder.file("damaged.bin", damaged))
        else { continue }
        for name in file.names {
          _ = try? file.floats(name)
          _ = try? file.int64s(name)
        }
      }
    }
  }
}
