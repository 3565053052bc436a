/// MMMU's thirty subjects in six domains.
enum MMMUSubject {
  static let domains: [(name: String, subjects: [String])] = [
    ("Art and Design", ["Art", "Art_Theory", "Design", "Music"]),
    ("Business", ["Accounting", "Economics", "Finance", "Manage", "Marketing"]),
    ("Science", ["Biology", "Chemistry", "Geography", "Math", "Physics"]),
    (
      "Health and Medicine",
      [
        "Basic_Medical_Science", "Clinical_Medicine", "Diagnostics_and_Laboratory_Medicine", "Pharmacy",
        "Public_Health",
      ]
    ),
    ("Humanities and Social Science", ["History", "Literature", "Sociology", "Psychology"]),
    (
      "Tech and Engineering",
      [
        "Agriculture", "Architecture_and_Engineering", "Computer_Science", "Electronics", "Energy_and_Power",
        "Materials", "Mechanical_Engineering",
      ]
    ),
  ]

  /// The subject in an id such as `validation_Art_Theory_7`.
  static func name(inID id: String) -> String {
    id.split(separator: "_").dropFirst().dropLast().joined(separator: "_")
  }
}
