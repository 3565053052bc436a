/// Tensors that do not lie in their storage, or that are none.
extension HostilePickle {
  static let shapes: [HostilePickle] = {
    func refused(_ name: String, _ tensor: [UInt8], _ phrase: String) -> HostilePickle {
      HostilePickle(name, PickleBytes.table(tensor), phrase)
    }
    return [
      refused(
        "a missing storage", PickleBytes.tensor(storage: PickleBytes.storage(key: "1")),
        "storage 1 is missing"),
      refused("a long storage", PickleBytes.tensor(storage: PickleBytes.storage(count: 3)), "storage 0 has"),
      refused(
        "a storage of another type", PickleBytes.tensor(storage: PickleBytes.storage(type: "DoubleStorage")),
        "storage 0 "),
      refused(
        "a storage beyond memory", PickleBytes.tensor(storage: PickleBytes.storage(count: 1 << 62)),
        "no possible length"),
      refused(
        "a negative storage", PickleBytes.tensor(storage: PickleBytes.storage(count: -1)),
        "no possible length"),
      refused(
        "a path as a key", PickleBytes.tensor(storage: PickleBytes.storage(key: "../version")),
        "storage ../version"),
      refused("a negative size", PickleBytes.tensor(shape: [-1]), "shape hold the negative number -1"),
      refused("a negative stride", PickleBytes.tensor(strides: [-1]), "strides hold the negative number -1"),
      refused("a negative offset", PickleBytes.tensor(offset: -1), "does not fit its storage"),
      refused("an offset beyond", PickleBytes.tensor(offset: 1), "does not fit its storage"),
      refused(
        "an offset far beyond", PickleBytes.tensor(offset: .max, shape: [0]), "does not fit its storage"),
      refused("a stride beyond", PickleBytes.tensor(strides: [2]), "does not fit its storage"),
      refused("a span beyond 64 bits", PickleBytes.tensor(strides: [.max]), "does not fit its storage"),
      refused(
        "spans that sum beyond 64 bits", PickleBytes.tensor(shape: [2, 2], strides: [.max, .max]),
        "does not fit"),
      refused(
        "a product beyond 64 bits", PickleBytes.tensor(shape: [1 << 32, 1 << 32], strides: [0, 0]),
        "too large"),
      refused(
        "empty, but beyond 64 bits", PickleBytes.tensor(shape: [0, 1 << 62, 4], strides: [1, 1, 1]),
        "too large"),
      refused(
        "few numbers many times", PickleBytes.tensor(shape: [1 << 30], strides: [0]), "repeats numbers"),
      refused("fewer strides", PickleBytes.tensor(shape: [1, 2]), "2 axes and 1 strides"),
      refused(
        "nine axes",
        PickleBytes.tensor(shape: Array(repeating: 1, count: 9), strides: Array(repeating: 1, count: 9)),
        "9 axes and the limit is 8"),
      refused(
        "a shape of texts",
        PickleBytes.call(
          "torch._utils", "_rebuild_tensor_v2", PickleBytes.storage(), PickleBytes.integer(0),
          PickleBytes.tuple(PickleBytes.text("2")),
          PickleBytes.integers([1]), [0x89], code("N")), "a text stands where a number of a tensor's shape"),
      refused("no storage", PickleBytes.tensor(storage: code("N")), "None stands where a tensor's storage"),
      refused(
        "few arguments", PickleBytes.call("torch._utils", "_rebuild_tensor_v2", PickleBytes.storage()),
        "made of 1 value and"),
      refused(
        "a negative view",
        PickleBytes.call(
          "torch._utils", "_rebuild_tensor_v2", PickleBytes.storage(), PickleBytes.integer(0),
          PickleBytes.integers([2]),
          PickleBytes.integers([1]), [0x89], code("N"), PickleBytes.table([0x88], name: "neg")),
        "negative or conjugate view"),
      refused(
        "a parameter of nothing",
        PickleBytes.call("torch._utils", "_rebuild_parameter", code("N"), [0x88], code("N")),
        "a parameter is made of no tensor"),
      refused(
        "a storage of four values",
        PickleBytes.tuple(
          PickleBytes.text("storage"), PickleBytes.global("torch", "FloatStorage"), PickleBytes.text("0"),
          PickleBytes.text("cpu")
        )
          + code("Q"), "is no storage of numbers"),
      refused(
        "a module",
        PickleBytes.tuple(
          PickleBytes.text("module"), code("N"), code("N"), code("N"), code("N")) + code("Q"),
        "is no storage of numbers"),
      refused(
        "a storage that is a text", PickleBytes.text("0") + code("Q"),
        "a text stands where the tuple of a storage"
      ),
      refused(
        "a storage of no type",
        PickleBytes.tuple(
          PickleBytes.text("storage"), PickleBytes.text("FloatStorage"), PickleBytes.text("0"),
          PickleBytes.text("cpu"),
          PickleBytes.integer(2))
          + code("Q"), "a storage's type"),
      refused(
        "a storage that is a view",
        PickleBytes.tuple(
          PickleBytes.text("storage"), PickleBytes.global("torch", "FloatStorage"), PickleBytes.text("0"),
          PickleBytes.text("cpu"),
          PickleBytes.integer(2),
          PickleBytes.tuple(PickleBytes.text("0"), PickleBytes.integer(0), PickleBytes.integer(2)))
          + code("Q"),
        "is a view of another"),
      HostilePickle(
        "two tensors of one name",
        code("}(") + PickleBytes.text("a") + PickleBytes.tensor() + PickleBytes.text("a")
          + PickleBytes.tensor() + code("u"), "two tensors have the name a"),
      HostilePickle(
        "two names that meet",
        code("}(") + PickleBytes.text("a.b") + PickleBytes.tensor() + PickleBytes.text("a")
          + PickleBytes.table(PickleBytes.tensor(), name: "b") + code("u"), "two tensors have the name a.b"),
      HostilePickle(
        "a name of 1025 bytes",
        PickleBytes.table(PickleBytes.tensor(), name: String(repeating: "n", count: 1025)),
        "exceeds 1024 bytes"),
      HostilePickle(
        "a name that is no text", code("}N") + PickleBytes.tensor() + code("s"), "None stands where the name"),
      HostilePickle(
        "a name that is not UTF-8", code("}U\u{1}") + [0xFF] + PickleBytes.tensor() + code("s"),
        "not in UTF-8"),
      HostilePickle("a single tensor", PickleBytes.tensor(), "no table of named tensors"),
      HostilePickle("a list", code("]"), "no table of named tensors"),
    ]
  }()
}
