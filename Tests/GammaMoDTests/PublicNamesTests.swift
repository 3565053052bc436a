import Foundation
import Testing

/// What apps see, held against a chart that is changed on purpose only.
@Suite struct PublicNamesTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../..").standardized
  private static let products = ["GammaMoD", "GammaModTraining"]
  private static let most = 80

  private let names: [PublicName]

  init() throws { names = try Self.scan() }

  /// The public declarations and cases of all sources, in the order of files and lines.
  private static func scan() throws -> [PublicName] {
    let sources = root.appending(path: "Sources")
    let files = try FileManager.default.subpathsOfDirectory(atPath: sources.path)
      .filter { $0.hasSuffix(".swift") }.sorted()
    return try files.flatMap { file in
      PublicName.scan(
        try String(contentsOf: sources.appending(path: file), encoding: .utf8),
        module: String(file.prefix { $0 != "/" }))
    }
  }

  @Test func chartListsAllNames() throws {
    let chart = try String(
      contentsOf: Self.root.appending(path: "Tests/Fixtures/public-names.txt"), encoding: .utf8)
    let found = names.map { "\($0.module) \($0.text)" }
    let listed = chart.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") }
    #expect(
      listed == found,
      "the public names have changed; if that is meant, Tests/Fixtures/public-names.txt is to be:\n\(found.joined(separator: "\n"))"
    )
  }

  @Test func onlyProductsHavePublicNames() {
    #expect(names.filter { !Self.products.contains($0.module) } == [])
    for product in Self.products { #expect(names.contains { $0.module == product }) }
  }

  @Test func everyNameIsDocumented() {
    #expect(names.filter { !$0.isDocumented } == [])
  }

  @Test func namesAreFew() {
    let count = names.count { !$0.isCase }
    #expect(count <= Self.most, "\(count) public declarations")
  }

  @Test func scannerFindsWhatItShould() {
    let source = """
      import X
      /// Good.
      @discardableResult
      public static func a(
        _ b: Int, c: String = "public"
      ) async -> Int { 1 }
      public struct B {
        /// Fine.
        public enum C: String {
          /// First.
          case d = "x"
          case e(Int)
        }
        let public1 = 0
        /// A switch inside is none of it.
        public var f: Int {
          switch self {
          case .d: 1
          }
        }
      }
      """
    let found = PublicName.scan(source, module: "M")
    #expect(
      found.map(\.text) == [
        #"static func a( _ b: Int, c: String = "public" ) async -> Int"#, "struct B", "B.enum C: String",
        #"B.C.case d = "x""#, "B.C.case e(Int)", "B.var f: Int",
      ])
    #expect(found.map(\.isDocumented) == [true, false, true, true, false, true])
  }
}
