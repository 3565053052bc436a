import Wording

/// The table of contents of a zip archive whose files are stored as they are, which PyTorch writes so that they can be
/// mapped. Format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT (sections 4.3.7 to 4.3.16)
struct ZipArchive {
  /// Where the bytes of each file stand.
  private(set) var entries: [String: Range<Int>] = [:]
  private let bytes: UnsafeRawBufferPointer
  private let path: String

  /// Reads the table and checks that no file lies outside the archive or over another one.
  init(_ bytes: UnsafeRawBufferPointer, path: String, limits: PyTorchLimits) throws {
    self.bytes = bytes
    self.path = path
    let directory = try findDirectory(limits: limits)
    var cursor = ByteCursor(bytes, in: directory.range)
    // In this order, so that files that lie over each other are neighbours.
    var extents: [Range<Int>] = []
    extents.reserveCapacity(directory.count)
    for _ in 0..<directory.count {
      let (name, extent, content) = try readEntry(&cursor)
      guard extent.upperBound <= directory.range.lowerBound else {
        throw fault(extent.lowerBound, "\(name) reaches into the table of contents; download the file again")
      }
      guard entries.updateValue(content, forKey: name) == nil else {
        throw fault(extent.lowerBound, "two files have the name \(name); save the file again with torch.save")
      }
      extents.append(extent)
    }
    guard cursor.remaining == 0 else {
      throw fault(
        cursor.offset,
        "the table of contents has more than \(counted(directory.count, "file")); download it again")
    }
    extents.sort { $0.lowerBound < $1.lowerBound }
    for (previous, next) in zip(extents, extents.dropFirst()) where next.lowerBound < previous.upperBound {
      throw fault(next.lowerBound, "two files share bytes; save the file again with torch.save")
    }
  }

  func fault(_ offset: Int, _ message: String) -> CheckpointError {
    CheckpointError(path, "byte \(offset): \(message)")
  }

  private func damaged(_ offset: Int) -> CheckpointError {
    fault(offset, "the zip archive's table of contents is damaged; download the file again")
  }

  /// One file of the table.
  /// - Returns: Its name, all bytes that belong to it, and those of its content.
  private func readEntry(
    _ cursor: inout ByteCursor
  ) throws -> (name: String, extent: Range<Int>, content: Range<Int>) {
    let place = cursor.offset
    guard cursor.number(UInt32.self) == 0x0201_4B50, cursor.take(4) != nil,
      let flags = cursor.number(UInt16.self), let method = cursor.number(UInt16.self), cursor.take(8) != nil,
      let packed = cursor.number(UInt32.self), let unpacked = cursor.number(UInt32.self),
      let nameLength = cursor.number(UInt16.self), let extraLength = cursor.number(UInt16.self),
      let commentLength = cursor.number(UInt16.self), cursor.take(8) != nil,
      let offset = cursor.number(UInt32.self), let nameRange = cursor.take(Int(nameLength)),
      let extra = cursor.take(Int(extraLength)), cursor.take(Int(commentLength)) != nil
    else { throw damaged(place) }
    guard nameRange.count <= 4096,
      let name = String(validating: bytes[nameRange], as: UTF8.self), !name.contains("\0")
    else {
      throw fault(place, "a file's name is too long or not in UTF-8; save the file again with torch.save")
    }
    guard flags & 1 == 0, method == 0 else {
      throw fault(
        place,
        "\(name) is \(flags & 1 == 0 ? "compressed" : "encrypted"), which torch.save never does; "
          + "unpack the archive and pack it without compression")
    }
    var wide = ZipWideFields(ByteCursor(bytes, in: extra))
    guard let size = wide.value(unpacked), let packedSize = wide.value(packed),
      let header = wide.value(offset), packedSize == size
    else { throw damaged(place) }
    var local = ByteCursor(bytes, in: min(header, bytes.count)..<bytes.count)
    guard local.number(UInt32.self) == 0x0403_4B50, local.take(2) != nil, local.take(2) != nil,
      local.number(UInt16.self) == method, local.take(16) != nil,
      let localNameLength = local.number(UInt16.self), let localExtra = local.number(UInt16.self),
      let localName = local.take(Int(localNameLength)),
      bytes[localName].elementsEqual(bytes[nameRange]), local.take(Int(localExtra)) != nil
    else { throw fault(min(header, bytes.count), "\(name) does not begin here; download the file again") }
    guard let content = local.take(size) else {
      throw fault(
        local.offset, "\(name) needs \(counted(size, "byte")) of \(local.remaining); download the file again")
    }
    return (name, header..<content.upperBound, content)
  }

  /// The table's place and its number of files, from the record at the archive's end.
  private func findDirectory(limits: PyTorchLimits) throws -> (range: Range<Int>, count: Int) {
    let last = bytes.count - 22
    let found = stride(from: last, through: max(0, last - 0xFFFF), by: -1).first { offset in
      var cursor = ByteCursor(bytes, in: offset..<bytes.count)
      guard cursor.number(UInt32.self) == 0x0605_4B50, cursor.take(16) != nil else { return false }
      return cursor.number(UInt16.self).map(Int.init) == cursor.remaining
    }
    guard let found else {
      throw fault(bytes.count, "the zip archive has no end record; the file was cut off, download it again")
    }
    var record = ByteCursor(bytes, in: found + 4..<bytes.count)
    guard let disk = record.number(UInt16.self), let firstDisk = record.number(UInt16.self),
      let here = record.number(UInt16.self), let total = record.number(UInt16.self),
      let size = record.number(UInt32.self), let start = record.number(UInt32.self)
    else { throw damaged(found) }
    guard disk == 0, firstDisk == 0, here == total else {
      throw fault(found, "the zip archive is a part of a larger one; join its parts")
    }
    var directory = (start: UInt64(start), size: UInt64(size), count: UInt64(total), end: found)
    if let wide = try findWideRecord(before: found) {
      guard total == .max || UInt64(total) == wide.count, size == .max || UInt64(size) == wide.size,
        start == .max || UInt64(start) == wide.start
      else { throw fault(found, "the zip archive's two end records differ; download the file again") }
      directory = wide
    }
    guard directory.count <= limits.archiveEntries else {
      throw fault(
        found,
        "the zip archive has \(counted(directory.count, "file")) and the limit is \(limits.archiveEntries); more is taken for an attack, so get the file anew"
      )
    }
    let (end, overflow) = directory.start.addingReportingOverflow(directory.size)
    guard !overflow, end <= directory.end else { throw damaged(found) }
    return (Int(directory.start)..<Int(end), Int(directory.count))
  }

  /// The end record of archives that are large or have many files.
  private func findWideRecord(
    before end: Int
  ) throws -> (start: UInt64, size: UInt64, count: UInt64, end: Int)? {
    guard end >= 20 else { return nil }
    var locator = ByteCursor(bytes, in: end - 20..<end)
    guard locator.number(UInt32.self) == 0x0706_4B50 else { return nil }
    guard locator.number(UInt32.self) == 0, let place = locator.number(UInt64.self),
      locator.number(UInt32.self) ?? 0 <= 1, place <= end - 20
    else { throw damaged(end - 20) }
    var record = ByteCursor(bytes, in: Int(place)..<end - 20)
    guard record.number(UInt32.self) == 0x0606_4B50, record.take(12) != nil,
      record.number(UInt32.self) == 0, record.number(UInt32.self) == 0,
      let here = record.number(UInt64.self), let count = record.number(UInt64.self), here == count,
      let size = record.number(UInt64.self), let start = record.number(UInt64.self)
    else { throw damaged(Int(place)) }
    return (start, size, count, Int(place))
  }
}

/// The numbers of an entry that do not fit 32 bits, which stand in an extra field in a fixed order.
struct ZipWideFields {
  private var field: ByteCursor?

  init(_ extra: ByteCursor) {
    var extra = extra
    while let kind = extra.number(UInt16.self), let length = extra.number(UInt16.self),
      let content = extra.take(Int(length))
    {
      if kind == 1 {
        field = ByteCursor(extra.bytes, in: content)
        return
      }
    }
  }

  /// The number itself, or the next wide one if it says that there is one; nil if there is none or it is too large.
  mutating func value(_ narrow: UInt32) -> Int? {
    guard narrow == .max else { return Int(narrow) }
    return field?.number(UInt64.self).flatMap { Int(exactly: $0) }
  }
}
