internal import Foundation

/// What Foundation's own errors say, with the path and what to do, which their descriptions leave out.
package enum SystemErrorText {
  /// A sentence without its full stop; nil for errors of other kinds, which describe themselves.
  package static func sentence(of error: any Error) -> String? {
    guard error is CocoaError || error is POSIXError || type(of: error) is NSError.Type else { return nil }
    let info = (error as NSError).userInfo
    let path = info[NSFilePathErrorKey] as? String ?? (info[NSURLErrorKey] as? URL)?.path
    return "\(path ?? "a file"): \(reason(error)); check the path, its permissions and the free space"
  }

  private static func reason(_ error: any Error) -> String {
    if let error = error as? POSIXError { return String(cString: strerror(error.code.rawValue)) }
    if let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? any Error {
      return reason(underlying)
    }
    switch (error as? CocoaError)?.code {
    case .fileReadNoSuchFile?, .fileNoSuchFile?: return "there is no such file"
    case .fileReadNoPermission?, .fileWriteNoPermission?: return "permission denied"
    case .fileWriteOutOfSpace?: return "no space is left on the disk"
    case .fileWriteFileExists?: return "a file of that name is there already"
    default: return "it cannot be read or written (code \((error as NSError).code))"
    }
  }
}
