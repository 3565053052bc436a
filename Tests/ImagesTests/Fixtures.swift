import Crypto
import Files
import Foundation

/// Reference files beside the tests.
enum Fixtures {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures")

  static func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  static func data(_ name: String) throws -> Data {
    try Data(contentsOf: folder.appendingPathComponent(name))
  }

  static func object(_ name: String) throws -> [String: Any] {
    try JSONSerialization.jsonObject(with: data(name)) as? [String: Any] ?? [:]
  }
}

/// The hash of pixels in hexadecimal digits, to compare with recorded ones.
func sha256(_ bytes: [UInt8]) -> String {
  SHA256.hash(data: bytes).hexadecimal()
}

/// One entry of `images/expected.json`.
struct ExpectedImage: CustomStringConvertible, Sendable {
  let file: String
  let expect: String?
  let width: Int
  let height: Int
  let hashes: [String]
  let upright: Upright?

  struct Upright: Sendable {
    let width: Int
    let height: Int
    let hash: String
  }

  var description: String { file }

  static func list(_ key: String) -> [ExpectedImage] {
    let entries = (try? Fixtures.object("images/expected.json"))?[key] as? [[String: Any]] ?? []
    return entries.map { entry in
      let transposed = entry["exif_transposed"] as? [String: Any]
      return ExpectedImage(
        file: "images/" + (entry["file"] as? String ?? ""), expect: entry["expect"] as? String,
        width: entry["width"] as? Int ?? 0, height: entry["height"] as? Int ?? 0,
        hashes: ["rgb_sha256", "rgb_sha256_if_high_byte_used"].compactMap { entry[$0] as? String },
        upright: transposed.map {
          Upright(
            width: $0["width"] as? Int ?? 0, height: $0["height"] as? Int ?? 0,
            hash: $0["rgb_sha256"] as? String ?? "")
        })
    }
  }
}
