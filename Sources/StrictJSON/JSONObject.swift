/// The members of a JSON object in the order of the file, found by key.
///
/// Keys are compared byte by byte. Lookup takes constant time.
package struct JSONObject: Sendable {
  package typealias Element = (key: String, value: JSONValue)

  private var members: [Element] = []
  private var index = KeyIndex()
  /// Where a parsed object stood; nil for one made in code.
  let place: JSONPlace?

  package init() { place = nil }

  init(place: JSONPlace) { self.place = place }

  /// The members in the given order; a later member replaces an earlier one of the same key.
  package init(_ members: some Sequence<(String, JSONValue)>) {
    self.init()
    for (key, value) in members { self[key] = value }
  }

  /// The value of a key. Setting a new key appends it; setting nil removes the member, in linear time.
  package subscript(key: String) -> JSONValue? {
    get { index.position(of: key, in: members).map { members[$0].value } }
    set {
      switch (index.position(of: key, in: members), newValue) {
      case (let position?, let value?):
        members[position].value = value
      case (let position?, nil):
        members.remove(at: position)
        index = KeyIndex()
        index.extend(over: members)
      case (nil, let value?):
        members.append((key, value))
        index.extend(over: members)
      case (nil, nil):
        break
      }
    }
  }

  package var keys: [String] { members.map(\.key) }

  /// Appends a member unless its key is there already.
  /// - Returns: whether the key was new.
  mutating func appendNew(_ key: String, _ value: JSONValue) -> Bool {
    guard index.position(of: key, in: members) == nil else { return false }
    members.append((key, value))
    index.extend(over: members)
    return true
  }
}

extension JSONObject: RandomAccessCollection {
  package var startIndex: Int { 0 }
  package var endIndex: Int { members.count }
  package subscript(position: Int) -> Element { members[position] }
}

extension JSONObject: Equatable {
  /// The same members in the same order, wherever they were read.
  package static func == (left: JSONObject, right: JSONObject) -> Bool {
    left.elementsEqual(right) { $0.key.hasSameBytes(as: $1.key) && $0.value == $1.value }
  }
}
