/// Prompts that begin alike, their pictures included.
struct SharedPrefix {
  /// The prompts' indices, ascending; at least two.
  var members: [Int]
  /// Rows that all have in common.
  var length: Int

  /// The groups of prompts about the same pictures.
  static func find(in prompts: [Prompt]) -> [SharedPrefix] {
    var groups: [SharedPrefix] = []
    for (index, prompt) in prompts.enumerated() {
      let candidates = groups.indices.lazy.map {
        ($0, prompts[groups[$0].members[0]].sharedPrefix(with: prompt))
      }
      if let (group, length) = candidates.first(where: { $0.1 > 0 }) {
        groups[group].members.append(index)
        groups[group].length = min(groups[group].length, length)
      } else {
        groups.append(SharedPrefix(members: [index], length: .max))
      }
    }
    return groups.filter { $0.members.count > 1 }
  }
}
