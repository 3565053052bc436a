import Foundation

/// Whether a sanitizer watches this process, which then takes many times as long: `scripts/sanitize` says so.
package var isInstrumented: Bool {
  let environment = ProcessInfo.processInfo.environment
  return environment["TSAN_OPTIONS"] != nil || environment["ASAN_OPTIONS"] != nil
}
