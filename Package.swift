// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let cSettings: [CSetting] = [.treatAllWarnings(as: .error)]

/// A Swift target of this package and the targets it may import, which are all above it in the list below.
func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: [.byName(name: name)] + dependencies, resources: resources,
    swiftSettings: settings)
}

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")

let package = Package(
  name: "gamma-mod",
  platforms: [.macOS(.v15), .iOS(.v18)],
  products: [
    .library(name: "GammaMoD", targets: ["GammaMoD"]),
    .library(name: "GammaModTraining", targets: ["GammaModTraining"]),
    .executable(name: "gamma-mod", targets: ["gamma-mod"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.0.0"),
    .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"),
  ],
  targets: [
    .systemLibrary(name: "COneDNN", providers: [.apt(["libdnnl-dev"])]),
    .systemLibrary(name: "CLAPACK", providers: [.apt(["liblapack-dev"])]),
    .systemLibrary(name: "CWebP", providers: [.apt(["libwebp-dev"]), .brew(["webp"])]),
    .target(
      name: "CPNG", cSettings: cSettings, linkerSettings: [.linkedLibrary("png"), .linkedLibrary("z")]),
    .target(name: "CEditLine", cSettings: cSettings, linkerSettings: [.linkedLibrary("edit")]),
    .target(name: "CTurboJPEG", cSettings: cSettings, linkerSettings: [.linkedLibrary("jpeg")]),
    .target(
      name: "CSentencePiece", cxxSettings: [.treatAllWarnings(as: .error)],
      linkerSettings: [.linkedLibrary("sentencepiece")]),
    .target(name: "CKernels", cSettings: cSettings),
    .target(name: "CThreads", cSettings: cSettings),
    module("Tensors", ["COneDNN", "CKernels", "CThreads"]),
    module("Wording"),
    module("Plotting"),
    module("Files"),
    module("StrictJSON"),
    module("Checkpoints", ["Tensors", "Wording", "Files", "StrictJSON", crypto]),
    module("GGUF", ["Tensors", "Wording", "Files", "StrictJSON", "Checkpoints"]),
    module("ChatTemplates", ["StrictJSON"]),
    module("Tokenization", ["Wording", "StrictJSON", "ChatTemplates", "CSentencePiece"]),
    module("Images", ["Tensors", "Files", "StrictJSON", "CPNG", "CTurboJPEG", "CWebP", crypto]),
    module(
      "Models", ["Tensors", "Wording", "Files", "StrictJSON", "Checkpoints", "Images", "Tokenization"]),
    module(
      "MixtureOfDepths",
      ["Tensors", "Wording", "Plotting", "StrictJSON", "Checkpoints", "Models", "CLAPACK"]),
    module(
      "Loading",
      [
        "Tensors", "Wording", "Files", "StrictJSON", "Checkpoints", "GGUF", "Images", "Tokenization",
        "Models",
        "MixtureOfDepths",
      ]),
    module(
      "Answering",
      [
        "Tensors", "Wording", "StrictJSON", "Checkpoints", "Tokenization", "Images", "Models",
        "MixtureOfDepths",
        "Loading",
      ]),
    module(
      "Tracing", ["Tensors", "Wording", "Checkpoints", "Images", "Models", "MixtureOfDepths", "Answering"]),
    module(
      "Speed", ["Tensors", "Wording", "StrictJSON", "Images", "Models", "MixtureOfDepths", "Answering"]),
    module("Benchmarks", ["Wording", "Files", "StrictJSON"]),
    module(
      "Evaluation",
      [
        "Tensors", "StrictJSON", "Tokenization", "Images", "Models", "MixtureOfDepths", "Loading",
        "Answering",
        "Benchmarks",
      ]),
    module(
      "Training",
      [
        "Tensors", "Wording", "Plotting", "Files", "StrictJSON", "Checkpoints", "Tokenization", "Images",
        "Models", "MixtureOfDepths", "Loading", "Answering",
      ]),
    module("PocketWorld", ["Files", "StrictJSON", "Images"]),
    module(
      "PocketTraining",
      [
        "Tensors", "StrictJSON", "Tokenization", "Images", "Models", "MixtureOfDepths", "Loading",
        "Answering",
        "Training", "PocketWorld",
      ]),
    module(
      "Reproduction",
      [
        "Tensors", "Wording", "Plotting", "Files", "StrictJSON", "Tokenization", "Images", "Models",
        "MixtureOfDepths", "Loading", "Answering",
        "Speed", "Benchmarks", "Evaluation", "Training", "PocketWorld", "PocketTraining",
      ]),
    module(
      "GammaMoD",
      [
        "Tensors", "Files", "StrictJSON", "Checkpoints", "Tokenization", "Images", "Models",
        "MixtureOfDepths", "Loading",
        "Answering", "Benchmarks", "Evaluation",
      ]),
    module(
      "GammaModTraining", ["Wording", "Answering", "Training", "PocketTraining", "GammaMoD"]),
    .executableTarget(
      name: "gamma-mod",
      dependencies: [
        "Answering", "Benchmarks", "CEditLine", "Checkpoints", "Evaluation", "Files", "GammaModTraining",
        "Images", "Loading", "MixtureOfDepths", "Models", "PocketWorld", "Reproduction", "Speed",
        "StrictJSON",
        "Tensors", "Tokenization", "Tracing", "Training", "Wording",
        crypto, .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: settings),
    .target(name: "Comparing", path: "Tests/Comparing", swiftSettings: settings),
    .target(
      name: "ModelTesting",
      dependencies: [
        "Comparing", "Tensors", "StrictJSON", "Checkpoints", "Images", "Models", "MixtureOfDepths",
      ],
      path: "Tests/ModelTesting", swiftSettings: settings),
    .target(
      name: "RunTesting",
      dependencies: [
        "Tensors", "StrictJSON", "Checkpoints", "Models", "MixtureOfDepths", "Training", "PocketTraining",
      ],
      path: "Tests/RunTesting", swiftSettings: settings),
    .target(name: "Timing", path: "Tests/Timing", swiftSettings: settings),
    tests("Tensors", ["Comparing", "CKernels"]),
    tests("Wording", []),
    tests("Plotting", []),
    tests("Files", []),
    tests("StrictJSON", []),
    tests("Checkpoints", ["Comparing", "Timing", "Tensors", "Files", "StrictJSON"]),
    tests("GGUF", ["Comparing", "Timing", "Checkpoints", "StrictJSON", "Tensors"]),
    tests("ChatTemplates", ["Timing", "StrictJSON"]),
    tests("Tokenization", ["ChatTemplates", "StrictJSON"]),
    tests("Images", ["Comparing", "Timing", "Checkpoints", "Files", "StrictJSON", "Tensors", crypto]),
    tests(
      "Models",
      [
        "Comparing", "ModelTesting", "Tensors", "StrictJSON", "Checkpoints", "MixtureOfDepths", "Loading",
        "Images",
        "Tokenization",
      ]),
    tests(
      "MixtureOfDepths",
      ["Comparing", "Timing", "ModelTesting", "Tensors", "StrictJSON", "Checkpoints", "Models", "Loading"]),
    tests(
      "Loading",
      [
        "Comparing", "Timing", "ModelTesting", "Tensors", "StrictJSON", "Checkpoints", "Images", "Models",
        "MixtureOfDepths",
      ]),
    tests(
      "Training",
      [
        "Comparing", "RunTesting", "ModelTesting", "Tensors", "StrictJSON", "Checkpoints", "Tokenization",
        "Images",
        "Models", "MixtureOfDepths", "Loading", "Answering",
      ]),
    tests(
      "PocketTraining",
      [
        "RunTesting", "Tensors", "StrictJSON", "Checkpoints", "MixtureOfDepths", "Loading", "Models",
        "Training",
      ]),
    tests(
      "Answering",
      [
        "Checkpoints", "Comparing", "Timing", "Images", "ModelTesting", "MixtureOfDepths", "Loading",
        "Models",
        "StrictJSON",
        "Tensors",
        "Tokenization",
        "Tracing",
      ]),
    tests(
      "Tracing",
      ["Answering", "Checkpoints", "Comparing", "Images", "MixtureOfDepths", "Loading", "Models", "Tensors"]),
    tests("Speed", ["Images", "MixtureOfDepths", "Models", "StrictJSON", "Tensors"]),
    tests("PocketWorld", ["StrictJSON", "Images"]),
    tests("Reproduction", ["StrictJSON"]),
    tests("Benchmarks", ["Files", "StrictJSON", "Images", "PocketWorld"]),
    tests(
      "Evaluation",
      ["StrictJSON", "MixtureOfDepths", "Loading", "Answering", "PocketWorld", "Benchmarks", "Tensors"]),
    tests("GammaMoD", ["StrictJSON"]),
    tests("GammaModTraining", ["GammaMoD", "RunTesting"]),
    tests("gamma-mod", ["Checkpoints", "Comparing", "Images", "StrictJSON"]),
  ],
  cxxLanguageStandard: .cxx17
)
