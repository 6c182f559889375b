/// Keeps one copy of what many tokens are told alike: their account and their permissions.
///
/// Ten thousand tokens of one account would otherwise hold its name ten thousand times.
package struct SharedFacts {
    private var accounts: Set<String> = []
    private var permissions: Set<PermissionSet> = []
    /// By what they are written as.
    private var writtenPermissions: [String: PermissionSet] = [:]

    package init() {}

    /// With more different ones than this they are not alike, and looking is in vain.
    private static let maximumCount = 4096

    /// The same facts, in storage that is shared where there is some.
    package mutating func shared(_ facts: Facts) -> Facts {
        var facts = facts
        if let account = facts.account { facts.account = shared(account: account) }
        if let set = facts.permissions { facts.permissions = Self.one(of: set, in: &permissions) }
        return facts
    }

    /// The same account's name, in storage that is shared.
    package mutating func shared(account: String) -> String { Self.one(of: account, in: &accounts) }

    /// What a text says, which is read once and not for each token.
    package mutating func permissions(
        written text: String,
        read: () throws -> PermissionSet
    ) rethrows -> PermissionSet {
        if let known = writtenPermissions[text] { return known }
        let set = try read()
        if writtenPermissions.count < Self.maximumCount { writtenPermissions[text] = set }
        return set
    }

    private static func one<Value>(of value: Value, in known: inout Set<Value>) -> Value {
        guard known.count < maximumCount else {
            return known.firstIndex(of: value).map { known[$0] } ?? value
        }
        return known.insert(value).memberAfterInsert
    }
}
