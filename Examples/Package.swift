// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "examples",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "gamma-mod", path: "..")],
  targets: [
    .executableTarget(
      name: "ask", dependencies: [.product(name: "GammaMoD", package: "gamma-mod")],
      swiftSettings: [.swiftLanguageMode(.v6)])
  ]
)
