internal import Foundation

/// A spreadsheet of one sheet in Office Open XML (.xlsx), whose cells are whole numbers and texts.
struct Workbook {
  let data: Data

  init(_ rows: [[String]]) {
    var archive = StoredArchive()
    archive.add("[Content_Types].xml", Self.types)
    archive.add("_rels/.rels", Self.relation(to: "xl/workbook.xml", type: "officeDocument"))
    archive.add("xl/workbook.xml", Self.book)
    archive.add("xl/_rels/workbook.xml.rels", Self.relation(to: "worksheets/sheet1.xml", type: "worksheet"))
    archive.add("xl/worksheets/sheet1.xml", Self.sheet(rows))
    data = archive.finished()
  }

  private static let head = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
  private static let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
  private static let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
  private static let packaging = "http://schemas.openxmlformats.org/package/2006"
  private static let sheetType = "application/vnd.openxmlformats-officedocument.spreadsheetml"

  private static let types =
    head + "<Types xmlns=\"\(packaging)/content-types\">"
    + "<Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
    + "<Default Extension=\"xml\" ContentType=\"application/xml\"/>"
    + "<Override PartName=\"/xl/workbook.xml\" ContentType=\"\(sheetType).sheet.main+xml\"/>"
    + "<Override PartName=\"/xl/worksheets/sheet1.xml\" ContentType=\"\(sheetType).worksheet+xml\"/></Types>"

  private static let book =
    head + "<workbook xmlns=\"\(main)\" xmlns:r=\"\(office)\"><sheets>"
    + "<sheet name=\"Sheet1\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"

  private static func relation(to target: String, type: String) -> String {
    head + "<Relationships xmlns=\"\(packaging)/relationships\">"
      + "<Relationship Id=\"rId1\" Type=\"\(office)/\(type)\" Target=\"\(target)\"/></Relationships>"
  }

  private static func sheet(_ rows: [[String]]) -> String {
    let lines = rows.map { "<row>" + $0.map(cell).joined() + "</row>" }
    return head + "<worksheet xmlns=\"\(main)\"><sheetData>" + lines.joined() + "</sheetData></worksheet>"
  }

  private static func cell(_ text: String) -> String {
    if text.isEmpty { return "<c/>" }
    if let number = Int(text), String(number) == text { return "<c><v>\(number)</v></c>" }
    return "<c t=\"inlineStr\"><is><t xml:space=\"preserve\">\(escaped(text))</t></is></c>"
  }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\n", "\t": result.unicodeScalars.append(scalar)
      case "\r": result += "&#13;"
      // XML has no way to write other control characters.
      case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF: continue
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
