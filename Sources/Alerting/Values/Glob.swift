/// A pattern of a name: `*` stands for any characters, `?` for one, everything else for itself.
package struct Glob: Hashable, Sendable {
    package let text: String
    private let pattern: [Unicode.Scalar]

    package init(_ text: String) {
        self.text = text
        pattern = Array(text.unicodeScalars)
    }

    /// Whether a name fits if upper and lower case do not differ, as in owners.
    package func matchesIgnoringCase(_ name: String) -> Bool {
        Glob(text.lowercased()).matches(name.lowercased())
    }

    /// Whether the whole of a name fits; it takes time linear in the name for each `*`.
    package func matches(_ name: String) -> Bool {
        let name = Array(name.unicodeScalars)
        var (at, position) = (0, 0)
        // The place of the last `*`, and how much of the name it has taken.
        var star: (pattern: Int, taken: Int)?
        while position < name.count {
            if at < pattern.count, pattern[at] == "*" {
                star = (at, position)
                at += 1
            } else if at < pattern.count, pattern[at] == "?" || pattern[at] == name[position] {
                at += 1
                position += 1
            } else if let last = star {
                star = (last.pattern, last.taken + 1)
                at = last.pattern + 1
                position = last.taken + 1
            } else {
                return false
            }
        }
        return pattern[at...].allSatisfy { $0 == "*" }
    }
}
