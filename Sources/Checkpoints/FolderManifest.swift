import Crypto
import Files
import Foundation
import StrictJSON

/// `manifest.json`: size and SHA-256 of every other file of a folder. It is written last, so it marks a complete folder.
struct FolderManifest {
  static let fileName = "manifest.json"
  private static let format = "gamma-mod folder 1"

  struct Record: Equatable {
    let size: Int
    let sha256: String
  }

  /// By path inside the folder, with `/` between the parts.
  var records: [String: Record] = [:]

  /// Describes the files of a folder.
  init(describing folder: URL) throws {
    for path in try Self.files(in: folder) {
      records[path] = try Self.record(of: folder.appendingPathComponent(path))
    }
  }

  /// Reads the manifest of a folder.
  /// - Throws: `JSONError` or `FileError` if there is none or it is not one of ours.
  init(of folder: URL) throws {
    let url = folder.appendingPathComponent(Self.fileName)
    let object = try JSONObject.read(contentsOf: url)
    guard try object.string("format") == Self.format else {
      throw FileError(url.path, "the format is not \"\(Self.format)\"; it is of another program")
    }
    let files = try object.object("files")
    for path in files.keys {
      let parts = path.split(separator: "/", omittingEmptySubsequences: false)
      guard !parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }), !path.contains("\0") else {
        throw FileError(url.path, "\"\(path)\" does not lie in the folder; write the folder again")
      }
      let file = try files.object(path)
      records[path] = Record(size: try file.int("size"), sha256: try file.string("sha256"))
    }
  }

  func write(to folder: URL) throws {
    var files = JSONObject()
    for (path, record) in records.sorted(by: { $0.key < $1.key }) {
      files[path] = ["size": JSONValue(record.size), "sha256": .string(record.sha256)]
    }
    let manifest: JSONValue = ["format": .string(Self.format), "files": .object(files)]
    try AtomicFile.write(try manifest.text(.pretty) + "\n", to: folder.appendingPathComponent(Self.fileName))
  }

  /// The paths of all files in a folder and its folders, except the manifest.
  /// - Throws: `FileError` for links, pipes and devices, which a complete folder cannot hold.
  static func files(in folder: URL) throws -> [String] {
    var result: [String] = []
    var pending = [""]
    while let path = pending.popLast() {
      for name in try Disk.names(in: folder.appendingPathComponent(path)) {
        let inner = path.isEmpty ? name : "\(path)/\(name)"
        let url = folder.appendingPathComponent(inner)
        switch (try? FileManager.default.attributesOfItem(atPath: url.path))?[.type] as? FileAttributeType {
        case .typeRegular: if inner != fileName { result.append(inner) }
        case .typeDirectory: pending.append(inner)
        default: throw FileError(url.path, "this is neither file nor folder; put the file itself here")
        }
      }
    }
    return result.sorted()
  }

  static func size(of url: URL) -> Int? {
    (try? FileManager.default.attributesOfItem(atPath: url.path)[.size] as? NSNumber)?.intValue
  }

  static func record(of url: URL) throws -> Record {
    try MappedFile(url).withBytes { bytes in
      var hash = SHA256()
      hash.update(bufferPointer: bytes)
      return Record(size: bytes.count, sha256: hash.finalize().hexadecimal())
    }
  }
}
