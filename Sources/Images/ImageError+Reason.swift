import Foundation

extension ImageError {
  /// The plain words of a system error, to stand inside a sentence.
  static func reason(of error: any Error) -> String {
    switch error {
    case let error as POSIXError:
      return String(cString: strerror(error.code.rawValue))
    case let error as CocoaError where error.code == .fileReadNoSuchFile:
      return "there is no such file"
    case let error as CocoaError where error.code == .fileReadNoPermission:
      return "permission denied"
    default:
      if let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? any Error {
        return reason(of: underlying)
      }
      // Foundation's own description says no more than that an operation failed.
      return "the system's error \((error as NSError).code)"
    }
  }
}
