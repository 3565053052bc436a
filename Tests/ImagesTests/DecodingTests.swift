import Foundation
import Testing
import Timing

@testable import Images

@Suite struct DecodingTests {
  @Test(arguments: ExpectedImage.list("good"))
  func aGoodFileDecodesToPillowsPixels(_ expected: ExpectedImage) throws {
    let data = try Fixtures.data(expected.file)
    let header = try ImageLoader.probe(data, name: expected.file)
    #expect(header.width == expected.width && header.height == expected.height)

    let stored = try ImageLoader.decode(
      data, name: expected.file, options: DecodeOptions(exifOrientation: false))
    #expect(stored.width == expected.width && stored.height == expected.height)
    #expect(expected.hashes.contains(sha256(stored.pixels)))

    let upright = try ImageLoader.load(path: Fixtures.path(expected.file))
    if let transposed = expected.upright {
      #expect(upright.width == transposed.width && upright.height == transposed.height)
      #expect(sha256(upright.pixels) == transposed.hash)
    } else {
      #expect(upright == stored)
    }
  }

  @Test(arguments: ExpectedImage.list("bad"))
  func aBadFileIsRefusedQuickly(_ expected: ExpectedImage) throws {
    let data = try Fixtures.data(expected.file)
    let duration = threadMilliseconds {
      do throws(ImageError) {
        let image = try Self.decode(data, name: expected.file)
        #expect(expected.expect == "either", "decoded to \(image.width)×\(image.height)")
      } catch {
        #expect(error.description.contains(expected.file))
      }
    }
    #expect(duration < 50)
  }

  @Test func theListsAreComplete() {
    #expect(ExpectedImage.list("good").count == 80)
    #expect(ExpectedImage.list("bad").count == 72)
  }

  /// The compiler checks that nothing but `ImageError` is thrown here; the test that nothing else arrives.
  private static func decode(_ data: Data, name: String) throws(ImageError) -> PixelImage {
    do {
      return try ImageLoader.decode(data, name: name)
    } catch let error as ImageError {
      throw error
    } catch {
      Issue.record("\(name): \(type(of: error)) instead of ImageError: \(error)")
      throw ImageError.unreadable(name: name, reason: "\(error)")
    }
  }
}
