/// The spelling of a provider's permissions.
package enum PermissionSyntax: String, Hashable, Sendable {
    /// `resource:action`, where `resource:*` covers every action of it and `*:*` everything.
    case resourceAction = "resource:action"
    /// Words without inner structure: each covers only itself.
    case opaque

    /// Whether a word has a resource and an action, neither of them empty or with spaces.
    package static func isResourceAction(_ word: String) -> Bool {
        let parts = word.utf8.split(separator: colonByte, omittingEmptySubsequences: false)
        return parts.count >= 2 && !parts.contains { $0.isEmpty || $0.contains(UInt8(ascii: " ")) }
    }
}

/// The permissions of a token as the provider spelled them, sorted, each once.
package struct PermissionSet: Hashable, Sendable {
    /// Storage that all copies share, which shows whether there are others.
    private final class Storage: Sendable {
        let words: [String]

        init(_ words: [String]) {
            self.words = words
        }
    }

    private var storage: Storage

    package var words: [String] { storage.words }

    package init(_ words: some Sequence<String>) {
        self.init(all: Array(words))
    }

    /// A separate, non-generic initializer, so that the sort is compiled for strings.
    private init(all words: [String]) {
        var sorted = words
        sorted.sort()
        let isEachOnce = sorted.indices.dropFirst().allSatisfy { sorted[$0 - 1] != sorted[$0] }
        if !isEachOnce {
            var last: String?
            sorted.removeAll { word in
                defer { last = word }
                return word == last
            }
        }
        storage = Storage(sorted)
    }

    package static func == (left: PermissionSet, right: PermissionSet) -> Bool {
        left.storage === right.storage || left.words == right.words
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(words) }

    /// Whether it has no copy.
    var isHeldOnce: Bool { mutating get { isKnownUniquelyReferenced(&storage) } }

    /// The approximate size in memory.
    var byteCount: Int { words.reduce(32) { $0 + 32 + $1.utf8.count } }

    package var isEmpty: Bool { words.isEmpty }

    /// Whether holding these permissions allows what one permission allows.
    ///
    /// Only a wildcard covers a wildcard: it is never expanded into the current list of actions.
    package func covers(_ permission: String, syntax: PermissionSyntax) -> Bool {
        if holds(permission) { return true }
        guard syntax == .resourceAction else { return false }
        if holds("*:*") { return true }
        guard let colon = permission.utf8.firstIndex(of: colonByte) else { return false }
        return holds(permission[..<colon] + ":*")
    }

    /// Whether a word is among the permissions as spelled.
    private func holds(_ word: String) -> Bool {
        // A binary search: an answer at its size limit has room for more than 100,000 words.
        var low = 0
        var high = words.count
        while low < high {
            let middle = (low + high) / 2
            if words[middle] < word { low = middle + 1 } else { high = middle }
        }
        return low < words.count && words[low] == word
    }

    package func covers(_ others: PermissionSet, syntax: PermissionSyntax) -> Bool {
        others.words.allSatisfy { covers($0, syntax: syntax) }
    }

    /// The permissions of this set that another set does not cover, sorted.
    package func notCovered(by other: PermissionSet, syntax: PermissionSyntax) -> [String] {
        words.filter { !other.covers($0, syntax: syntax) }
    }
}

private let colonByte = UInt8(ascii: ":")

/// The difference between a token's permissions in two answers.
package struct PermissionChange: Hashable, Sendable {
    package enum Direction: String, Sendable {
        /// The token can do more.
        case widened
        /// The token can do less.
        case narrowed
        /// The token can do something more and something less.
        case both
        /// The token can do the same, in other words.
        case rewritten
    }

    package let direction: Direction
    /// New words, as spelled, sorted.
    package let added: [String]
    /// Removed words, as spelled, sorted.
    package let removed: [String]
    /// Words whose power the old ones did not cover, as spelled, sorted.
    package let gained: [String]
    /// Words whose power the new ones do not cover, as spelled, sorted.
    package let lost: [String]

    /// Compares two sets; nil if both are spelled alike.
    package init?(from old: PermissionSet, to new: PermissionSet, syntax: PermissionSyntax) {
        guard old != new else { return nil }
        let oldWords = Set(old.words)
        let newWords = Set(new.words)
        added = new.words.filter { !oldWords.contains($0) }
        removed = old.words.filter { !newWords.contains($0) }
        gained = new.notCovered(by: old, syntax: syntax)
        lost = old.notCovered(by: new, syntax: syntax)
        direction =
            switch (lost.isEmpty, gained.isEmpty) {
            case (true, true): .rewritten
            case (true, false): .widened
            case (false, true): .narrowed
            case (false, false): .both
            }
    }
}
