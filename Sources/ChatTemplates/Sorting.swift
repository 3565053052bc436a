/// Sorting that keeps equal elements in their order and may fail.
enum Sorting {
  /// - Parameter order: Negative if the first stands in front of the second.
  static func sorted<Element>(
    _ elements: [Element], isReversed: Bool = false, _ budget: Budget,
    _ order: (Element, Element) throws -> Int
  ) throws -> [Element] {
    try budget.step(elements.count)
    return try elements.enumerated().sorted { first, second in
      let order = try order(first.element, second.element)
      return order == 0 ? first.offset < second.offset : (order < 0) != isReversed
    }.map(\.element)
  }
}
