internal import CSentencePiece

/// A trained SentencePiece model in libsentencepiece.
final class SentencePieceModel: Sendable {
  /// libsentencepiece's processor only reads itself once it is loaded, so threads may share it.
  private struct Handle: @unchecked Sendable {
    let pointer: OpaquePointer
  }

  private let handle: Handle

  /// - Throws: ``TokenizationError`` if `bytes` is not a SentencePiece model.
  init(_ bytes: [UInt8], file: String) throws {
    var reason = [CChar](repeating: 0, count: 512)
    guard let pointer = gamma_sp_load(bytes, bytes.count, &reason, reason.count) else {
      let text = String(decoding: reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      throw TokenizationError.malformed(
        file: file, place: "the SentencePiece model", reason: "does not load (\(text))")
    }
    handle = Handle(pointer: pointer)
  }

  deinit { gamma_sp_free(handle.pointer) }

  var count: Int { Int(gamma_sp_size(handle.pointer)) }
  var bosID: Int? { identifier(gamma_sp_bos(handle.pointer)) }
  var eosID: Int? { identifier(gamma_sp_eos(handle.pointer)) }
  var padID: Int? { identifier(gamma_sp_pad(handle.pointer)) }
  var unkID: Int? { identifier(gamma_sp_unk(handle.pointer)) }

  private func identifier(_ id: Int32) -> Int? { id < 0 ? nil : Int(id) }

  enum Kind {
    case normal, unknown, control, byte, unused
  }

  func kind(of id: Int) -> Kind {
    switch gamma_sp_kind_of(handle.pointer, Int32(truncatingIfNeeded: id)) {
    case GAMMA_SP_UNKNOWN: .unknown
    case GAMMA_SP_CONTROL: .control
    case GAMMA_SP_BYTE: .byte
    case GAMMA_SP_UNUSED: .unused
    default: .normal
    }
  }

  func piece(for id: Int) -> String? {
    var count = 0
    guard let id = Int32(exactly: id), let start = gamma_sp_piece(handle.pointer, id, &count) else {
      return nil
    }
    return start.withMemoryRebound(to: UInt8.self, capacity: count) {
      String(decoding: UnsafeBufferPointer(start: $0, count: count), as: UTF8.self)
    }
  }

  /// Appends the ids of a piece of text, without ids around it.
  func encode(_ text: UnsafeBufferPointer<UInt8>, into ids: inout [Int]) {
    var found: UnsafeMutablePointer<Int32>?
    let count = text.withMemoryRebound(to: CChar.self) {
      gamma_sp_encode(handle.pointer, $0.baseAddress, $0.count, &found)
    }
    guard count > 0, let found else { return }
    defer { gamma_sp_release(found) }
    ids.append(contentsOf: UnsafeBufferPointer(start: found, count: Int(count)).lazy.map(Int.init))
  }

  /// The text of `ids` as SentencePiece itself decodes them; ids outside the vocabulary are left out.
  func decode(_ ids: [Int]) -> String {
    let known = ids.filter { (0..<self.count).contains($0) }.map(Int32.init)
    var text: UnsafeMutablePointer<CChar>?
    let length = gamma_sp_decode(handle.pointer, known, known.count, &text)
    guard length > 0, let text else { return "" }
    defer { gamma_sp_release(text) }
    return text.withMemoryRebound(to: UInt8.self, capacity: Int(length)) {
      String(decoding: UnsafeBufferPointer(start: $0, count: Int(length)), as: UTF8.self)
    }
  }
}
