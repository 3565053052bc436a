/// Pickles that would run or make something if Python loaded them.
extension HostilePickle {
  private static func run(_ module: String, _ name: String) -> [UInt8] {
    PickleBytes.call(module, name, PickleBytes.text("echo owned"))
  }

  static let programs: [HostilePickle] = [
    HostilePickle("os.system", run("os", "system"), "os.system is not allowed"),
    HostilePickle("posix.system", run("posix", "system"), "posix.system is not allowed"),
    HostilePickle("nt.system", run("nt", "system"), "nt.system is not allowed"),
    HostilePickle("builtins.eval", run("builtins", "eval"), "builtins.eval is not allowed"),
    HostilePickle("builtins.exec", run("builtins", "exec"), "builtins.exec is not allowed"),
    HostilePickle("__builtin__.eval", run("__builtin__", "eval"), "__builtin__.eval is not allowed"),
    HostilePickle("builtins.getattr", run("builtins", "getattr"), "builtins.getattr is not allowed"),
    HostilePickle("subprocess.Popen", run("subprocess", "Popen"), "subprocess.Popen is not allowed"),
    HostilePickle("runpy", run("runpy", "_run_code"), "runpy._run_code is not allowed"),
    HostilePickle("torch.load", run("torch", "load"), "torch.load is not allowed"),
    HostilePickle(
      "torch.storage", run("torch.storage", "_load_from_bytes"), "torch.storage._load_from_bytes is not"),
    HostilePickle("torch.hub", run("torch.hub", "load"), "torch.hub.load is not allowed"),
    HostilePickle(
      "a dotted name", run("torch._utils", "_rebuild_tensor_v2.__globals__"), "__globals__ is not allowed"),
    HostilePickle(
      "a name that looks alike", run("torch", "FloatStorage "), "torch.FloatStorage  is not allowed"),
    HostilePickle(
      "nested in a table", PickleBytes.table(run("posix", "system")), "posix.system is not allowed"),
    HostilePickle(
      "nested in tables",
      PickleBytes.table(PickleBytes.table(code("](") + run("os", "popen") + code("e"))),
      "os.popen is not allowed"),
    HostilePickle("as a key", code("}") + run("os", "popen") + code("Ns"), "os.popen is not allowed"),
    HostilePickle(
      "as a tensor's hooks", PickleBytes.call("torch._utils", "_rebuild_tensor_v2", run("os", "system")),
      "os.system"),
    HostilePickle(
      "as a storage's key", PickleBytes.tuple(PickleBytes.text("storage"), run("os", "system")), "os.system"),
    HostilePickle(
      "STACK_GLOBAL", [0x8C, 5] + code("posix") + [0x8C, 6] + code("system") + [0x93],
      "posix.system is not allowed",
      version: 4),
    HostilePickle(
      "STACK_GLOBAL of numbers", code("K\u{1}K\u{2}") + [0x93], "an integer stands where", version: 4),
    HostilePickle(
      "INST", code("(X\u{1}\0\0\0aiposix\nsystem\n"), "posix.system, made by the instruction INST,"),
    HostilePickle(
      "OBJ", code("(") + PickleBytes.global("collections", "OrderedDict") + code("o"), "the instruction OBJ"),
    HostilePickle(
      "NEWOBJ", PickleBytes.global("collections", "OrderedDict") + code(")") + [0x81],
      "the instruction NEWOBJ"),
    HostilePickle(
      "NEWOBJ_EX", PickleBytes.global("collections", "OrderedDict") + code(")}") + [0x92], "NEWOBJ",
      version: 4),
    HostilePickle("EXT1", [0x82, 1], "the instruction EXT"),
    HostilePickle("EXT4", [0x84, 1, 0, 0, 0], "the instruction EXT"),
    HostilePickle("PERSID", code("P0\n"), "the instruction PERSID"),
    HostilePickle("an unknown instruction", [0xFF], "the instruction 0xFF"),
    HostilePickle("a text of protocol 0", code("S'a'\n"), "the instruction 0x53"),
    HostilePickle("a second pickle inside", [0x80, 2], "a second beginning"),
    HostilePickle("protocol 5", code("N"), "protocol 5 and 2 to 4", version: 5),
    HostilePickle("protocol 0", code("N"), "protocol 0 and 2 to 4", version: 0),
    HostilePickle(
      "BYTEARRAY8", [0x96] + PickleBytes.bytes(UInt64(1)) + [0], "a buffer of protocol 5", version: 4),
    HostilePickle(
      "BUILD of a function", PickleBytes.global("torch._utils", "_rebuild_tensor_v2") + code("}b"),
      "setting attributes"),
    HostilePickle("BUILD of a tensor", PickleBytes.tensor() + code("}b"), "setting attributes of a tensor"),
    HostilePickle("BUILD from a tuple", code("})b"), "a dictionary of attributes"),
    HostilePickle("calling a text", PickleBytes.text("a") + code(")R"), "calling a text"),
    HostilePickle(
      "calling a storage's type", PickleBytes.call("torch", "FloatStorage", PickleBytes.integer(9)),
      "calling torch"),
    HostilePickle(
      "calling without a tuple", PickleBytes.global("collections", "OrderedDict") + code("NR"),
      "a tuple of arguments"),
  ]
}
