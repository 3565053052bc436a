import ArgumentParser
import Foundation
import Logging
import Reproduction

struct ReproduceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reproduce", abstract: "Repeat the paper's study on the pocket model and write a report.",
    discussion: """
      Every row of the study is trained and judged once per seed; results that are there already are kept, so that the \
      same command goes on after Ctrl-C or a kill. The report compares what was found with the paper. ARank over tasks and \
      the costs are measured when all rows and seeds were asked for.
      """)

  @Option(help: "The study's JSON file.")
  var study = PathArgument("training/reproduction/study.json")

  @Option(help: "The folder for results, plots and the report.")
  var out: PathArgument

  @Option(help: "The folder for worlds, models and training states.")
  var work = PathArgument("runs/reproduction")

  @Option(help: ArgumentHelp("Only these rows of the study, with commas between them.", valueName: "row,…"))
  var rows: String?

  @Option(help: ArgumentHelp("Only these of the study's seeds, with commas between them.", valueName: "n,…"))
  var seeds: String?

  @Flag(help: "Train and measure nothing; write the report about the results that are there.")
  var reportOnly = false

  @Option(help: "How many rows to work on side by side, each by one thread.")
  var jobs = ProcessInfo.processInfo.activeProcessorCount

  func validate() throws {
    try Bounds.check("--jobs", jobs, Bounds.threads)
    try Bounds.refuse(
      [("--rows", reportOnly && rows != nil), ("--seeds", reportOnly && seeds != nil)],
      "--report-only trains nothing and reports on all that is there")
    guard seeds == nil || numbers != nil else {
      throw ValidationError("--seeds: numbers with commas between them are needed, not \(seeds ?? "")")
    }
  }

  private var numbers: [Int]? {
    let parts = seeds?.split(separator: ",", omittingEmptySubsequences: false)
    let numbers = parts?.compactMap { Int($0) }
    return numbers?.count == parts?.count ? numbers : nil
  }

  func run() throws {
    let log = Logger(label: "reproduce")
    let reproduction = Reproduction(
      try Study(contentsOf: study.url), out: out.url, work: work.url)
    let names = rows?.split(separator: ",").map(String.init)
    try Interrupt.watch { isRequested in
      let isComplete =
        try reportOnly
        || reproduction.run(
          rows: names, seeds: numbers, jobs: jobs, shouldStop: isRequested, report: { log.info("\($0)") })
      guard isComplete else { return log.notice("stopped; the same command goes on") }
      if !reportOnly, rows == nil, seeds == nil {
        try reproduction.measure(threads: jobs) { log.info("\($0)") }
      }
      try reproduction.writeReport()
      log.info("wrote \(out)/README.md")
    }
  }
}
