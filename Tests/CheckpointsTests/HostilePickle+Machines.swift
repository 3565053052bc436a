/// Pickles that keep the machine busy, or that misuse its stack and memo.
extension HostilePickle {
  static let machines: [HostilePickle] = [
    HostilePickle("a table in itself", code("}q\0") + PickleBytes.text("a") + code("h\0s"), "holds itself"),
    HostilePickle("a list in itself", PickleBytes.table(code("]q\0h\0a")), "holds itself"),
    HostilePickle(
      "a table ten times in itself",
      code("}q\0(") + (0..<10).flatMap { PickleBytes.text("\($0)") + code("h\0") }
        + code("u"), "holds itself"),
    HostilePickle("tables that double thirty times", doubling(30), "nested deeper than 16 levels"),
    HostilePickle("tables that grow tenfold", doubling(14, width: 10), "more than 50000 tensors"),
    HostilePickle(
      "empty tables that grow tenfold", doubling(14, width: 10, leaf: code("}")), "hold more than"),
    HostilePickle(
      "100,000 tuples inside each other", code("N") + [UInt8](repeating: 0x85, count: 100_000),
      "no table of named tensors"),
    HostilePickle(
      "as many inside a table", PickleBytes.table(code("N") + [UInt8](repeating: 0x85, count: 100_000)),
      "nested deeper"),
    HostilePickle("endless values", code(String(repeating: "N", count: 200_000)), "values wait on the stack"),
    HostilePickle("endless marks", code(String(repeating: "(", count: 200_000)), "values wait on the stack"),
    HostilePickle("endless steps", code(String(repeating: "N0", count: 300_000)), "more than 400000 steps"),
    HostilePickle("endless tables", code(String(repeating: "}0", count: 300_000)), "more than 400000 steps"),
    HostilePickle(
      "endless storages",
      Array(
        [
          code("N"),
          Array(repeating: [UInt8(ascii: "0")] + PickleBytes.storage(), count: 50_000).flatMap { $0 },
        ]
        .joined()),
      "mentions more than 20000 names"),
    HostilePickle(
      "endless storages of one kind",
      PickleBytes.tuple(
        PickleBytes.text("storage"), PickleBytes.global("torch", "FloatStorage"), PickleBytes.text("0"),
        PickleBytes.text("cpu"),
        PickleBytes.integer(2)) + code("q\0") + code(String(repeating: "Qh\0", count: 199_000)) + code("N"),
      "values wait on the stack"),
    HostilePickle(
      "endless storages that are dropped",
      PickleBytes.tuple(
        PickleBytes.text("storage"), PickleBytes.global("torch", "FloatStorage"), PickleBytes.text("0"),
        PickleBytes.text("cpu"),
        PickleBytes.integer(2)) + code("q\0") + code(String(repeating: "Q0h\0", count: 133_000)) + code("N"),
      "ends with 2 values"),
    HostilePickle(
      "endless names",
      Array(repeating: PickleBytes.global("torch", "FloatStorage") + code("0"), count: 250_000)
        .flatMap { $0 }, "mentions more than 20000 names"),
    HostilePickle(
      "endless copies of pairs",
      code("](") + (0..<20_000).flatMap { _ in code("NN") + [0x86] } + code("eq\0")
        + PickleBytes.global("collections", "OrderedDict") + code("q\u{1}")
        + Array(repeating: code("h\u{1}h\0") + [0x85] + code("R0"), count: 50_000).flatMap { $0 },
      "more than 400000 steps"),
    HostilePickle(
      "a long list at many places",
      PickleBytes.table(
        code("](" + String(repeating: "N", count: 50_000) + "eq\u{0}0](")
          + Array(repeating: code("h\0"), count: 50_000).flatMap { $0 } + code("e")), "hold more than"),
    HostilePickle(
      "a storage whose key is a book",
      PickleBytes.storage(key: String(repeating: "k", count: 1 << 20)), "1048576 bytes and the limit is 64"),
    HostilePickle(
      "a memo of four billion", code("Nr") + [0xFF, 0xFF, 0xFF, 0xFF], "value 4294967295 is kept"),
    HostilePickle(
      "the largest memo, then nothing", code("Nr") + PickleBytes.bytes(UInt32(399_999)) + code("0"),
      "0 values"),
    HostilePickle("a memo that is empty", code("h\u{7}"), "value 7 is used before it is kept"),
    HostilePickle(
      "a memo that is far away", code("j") + [0xFF, 0xFF, 0xFF, 0x7F], "is used before it is kept"),
    HostilePickle("remembering nothing", code("q\0"), "needs a value"),
    HostilePickle("MEMOIZE of nothing", [0x94], "needs a value", version: 4),
    HostilePickle(
      "a text of four gigabytes", code("X") + [0xFF, 0xFF, 0xFF, 0xFF], "4294967295 bytes and the limit"),
    HostilePickle(
      "a text of 2⁶⁴ bytes", [0x8D] + PickleBytes.bytes(UInt64.max), "bytes and the limit", version: 4),
    HostilePickle("a text of negative length", code("T") + [0xFF, 0xFF, 0xFF, 0xFF], "a text has -1 bytes"),
    HostilePickle(
      "a text of two megabytes", PickleBytes.text(String(repeating: "x", count: 2 << 20)),
      "2097152 bytes and the limit"),
    HostilePickle(
      "bytes beyond the end", [0x8E] + PickleBytes.bytes(UInt64(1000)), "ends within an instruction",
      version: 4),
    HostilePickle(
      "a whole number of negative length", [0x8B] + PickleBytes.bytes(Int32(-5)), "a text has -5 bytes"),
    HostilePickle(
      "a frame beyond the end", [0x95] + PickleBytes.bytes(UInt64.max), "ends within an instruction",
      version: 4),
    HostilePickle(
      "a name without end", code("c" + String(repeating: "x", count: 2000)), "does not end within 1024 bytes"),
    HostilePickle("nothing", [], "ends with 0 values"),
    HostilePickle("two values", code("NN"), "ends with 2 values"),
    HostilePickle("a mark left over", code("N("), "and not with one"),
    HostilePickle("taking from nothing", code("0"), "needs a value"),
    HostilePickle("doubling nothing", code("2"), "needs a value"),
    HostilePickle("a tuple of nothing", [0x87], "needs a value"),
    HostilePickle("a tuple across a mark", code("N(") + [0x85], "needs a value"),
    HostilePickle("a tuple without a mark", code("Nt"), "needs a mark"),
    HostilePickle("dropping a mark that is not there", code("1"), "needs a mark"),
    HostilePickle("setting in a list", code("]NNs"), "a list stands where a dictionary"),
    HostilePickle("setting an odd number", code("}(NNNu"), "a key of a dictionary has no value"),
    HostilePickle("making an odd table", code("(NNNd"), "a key of a dictionary has no value"),
    HostilePickle("appending to a table", code("}Na"), "a dictionary stands where a list"),
    HostilePickle("extending nothing", code("(Ne"), "needs a value"),
    HostilePickle(
      "an ordered dictionary of a number", PickleBytes.call("collections", "OrderedDict", code("K\u{1}")),
      "a list of keys"),
    HostilePickle(
      "an ordered dictionary of no pairs", PickleBytes.call("collections", "OrderedDict", code("](Ne")),
      "a key and its"),
  ]

  /// Tables that hold the table before them several times.
  private static func doubling(
    _ depth: Int, width: Int = 2, leaf: [UInt8] = PickleBytes.table(PickleBytes.tensor())
  )
    -> [UInt8]
  {
    var result = leaf + code("q\0")
    for level in 1...depth {
      result +=
        code("}(")
        + (0..<width).flatMap { PickleBytes.text("\($0)") + [UInt8(ascii: "h"), UInt8(level - 1)] }
      result += code("uq") + [UInt8(level)]
    }
    // The levels below wait on the stack; only the last one is the result.
    result += code("q") + [255] + code(String(repeating: "0", count: depth + 1)) + code("h") + [255]
    return result
  }
}
