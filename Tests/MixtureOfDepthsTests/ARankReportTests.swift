import Foundation
import StrictJSON
import Testing

@testable import MixtureOfDepths

@Suite struct ARankReportTests {
  private let report = ARankReport(
    model: "a<b>&\"c\"", data: "world", samples: 3, meanTokens: 157.5, plain: [1.5, 40, 0.1],
    strictLower: [7, 7, 9.25])

  @Test func jsonReadsBackAsTheReport() throws {
    let text = try report.json.text(.pretty)
    let value = try #require(try JSONValue(parsing: text.utf8).object)
    #expect(try ARankReport(value) == report)
    #expect(try value.ints("suggested_order") == [2, 0, 1])
    #expect(try value.strings("variants") == ["plain", "strict_lower"])
  }

  @Test func incompleteReportsAreRefusedByName() throws {
    for key in ["model", "data", "samples", "mean_tokens", "arank"] {
      var json = report.json
      json[key] = nil
      let error = #expect(throws: JSONError.self) { try ARankReport(json) }
      #expect(error?.keyPath == key)
    }
    var json = report.json
    json["arank"] = ["plain": [1], "strict_lower": [1, 2]]
    #expect(throws: JSONError.self) { try ARankReport(json) }
  }

  @Test func plotIsOneDocumentWithEveryNumberAndNoForeignMarkup() throws {
    let svg = report.svg
    #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n"))
    for text in [">1.50<", ">40.00<", ">9.25<", ">strict_lower<", "a&lt;b&gt;&amp;&quot;c&quot;"] {
      #expect(svg.contains(text), "\(text)")
    }
    #expect(!svg.contains("<b>"))
    var flat = report
    (flat.plain, flat.strictLower) = ([.nan, 1, .infinity], [1, 1, 1])
    #expect(flat.svg.hasSuffix("</svg>\n"))
  }
}
