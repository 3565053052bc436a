/// The benchmarks that can be asked and scored.
package enum Benchmark: String, Sendable, CaseIterable {
  case textvqa, vqav2, gqa, scienceqa, pope, mme, mmbench, mmmu
  case mmVet = "mm-vet"
  case seedBench = "seed-bench"
  case vizwiz

  /// Rules by which the benchmark can be scored, the usual one first.
  package var protocols: [ScoringProtocol] {
    switch self {
    case .textvqa, .vqav2, .gqa, .pope, .mme, .mmmu, .seedBench, .vizwiz, .scienceqa: [.llava, .gammaMoD]
    case .mmbench: [.vlmevalkit, .vlmevalkit2024, .llava, .gammaMoD]
    case .mmVet: [.keywords, .llava, .gammaMoD]
    }
  }

  /// Whether the official converter leaves lines out that are no JSON.
  var passesOverBrokenLines: Bool { self == .vqav2 || self == .vizwiz }

  /// The most tokens of an answer: what LLaVA's scripts allow, or γ-MoD's, which cap them for timing.
  package func maxTokens(_ rules: ScoringProtocol?) -> Int {
    switch (self, rules == .gammaMoD) {
    case (.mmbench, _), (.mmVet, false), (.scienceqa, false): 1024
    case (.mmVet, true): 64
    case (.scienceqa, true), (.mmmu, true): 1
    case (_, true): 6
    case (_, false): 128
    }
  }

  /// Names that the benchmark's folder may have.
  var folderNames: [String] {
    switch self {
    case .seedBench: ["seed_bench", "seed-bench"]
    case .mmVet: ["mm-vet", "mmvet"]
    default: [rawValue]
    }
  }

  /// Folders below the benchmark's own in which its pictures may lie, the official one first.
  var imageFolders: [String] {
    switch self {
    case .textvqa: ["train_images", "images"]
    case .vqav2: ["test2015", "images"]
    case .gqa: ["data/images", "images"]
    case .scienceqa: ["images/test", "images"]
    case .pope: ["val2014", "images"]
    case .mme: ["MME_Benchmark_release_version", "images"]
    case .mmbench, .mmmu: ["images", "."]
    case .mmVet: ["images"]
    case .seedBench: [".", "images"]
    case .vizwiz: ["test", "val", "images"]
    }
  }
}

/// A set of rules that turns answers into a score; scores by different rules must not be compared.
package enum ScoringProtocol: String, Sendable, CaseIterable {
  /// The scripts that LLaVA ships or names. MMBench: one row counts as one question, its letter must be the whole
  /// answer. MM-Vet: a judge's grades.
  case llava
  /// γ-MoD's variants of them, which differ in how ScienceQA's letters are read, how MMBench is asked and how long
  /// answers may be.
  case gammaMoD = "gamma-mod"
  /// VLMEvalKit without a language model as judge.
  case vlmevalkit
  /// The same in its version of 2024, which reads letters less strictly.
  case vlmevalkit2024 = "vlmevalkit-2024"
  /// Every fact of the reference answer must occur; stands in for MM-Vet's GPT judge.
  case keywords
}
