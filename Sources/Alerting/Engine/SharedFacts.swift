/// Keeps one copy of the facts that many tokens share: account, holder and permissions.
///
/// Ten thousand tokens of one account would otherwise hold its name ten thousand times. What no token
/// holds any more is let go: an answer may bring other facts at every poll.
package struct SharedFacts {
    private var accounts: Set<String> = []
    private var holders: Set<Boxed<AccountHolder>> = []
    private var permissions: Set<PermissionSet> = []
    /// Of all permissions that are held here.
    package private(set) var permissionBytes = 0
    /// With more bytes than this, sets that nobody else holds are let go.
    private var sweepAt = Self.bytesWithoutSweep
    /// By what they are written as, while the states are read.
    private var writtenPermissions: [String: PermissionSet] = [:]
    private var writtenBytes = 0

    package init() {}

    /// With more different ones than this they are not alike: they are let go, and tokens keep theirs.
    private static let maximumNames = 4096

    var nameCount: Int { accounts.count + holders.count }

    /// Permissions that no token holds may take as much.
    package static let bytesWithoutSweep = 1 << 20

    /// The same facts, in storage that is shared where there is some.
    ///
    /// `known` are those of the token's last good answer: what is in them is shared already.
    package mutating func shared(_ facts: Facts, known: Facts? = nil) -> Facts {
        var facts = facts.keepingStorage(of: known)
        if let account = facts.account, account != known?.account {
            facts.account = shared(account: account)
        }
        if let holder = facts.boxedHolder, holder != known?.boxedHolder {
            facts.boxedHolder = shared(holder)
        }
        if let set = facts.permissions, set != known?.permissions {
            facts.permissions = shared(permissions: set)
        }
        return facts
    }

    /// The same account's name, in storage that is shared.
    package mutating func shared(account: String) -> String { Self.one(of: account, in: &accounts) }

    private static func one<Value>(of value: Value, in known: inout Set<Value>) -> Value {
        if let index = known.firstIndex(of: value) { return known[index] }
        if known.count >= maximumNames { known.removeAll(keepingCapacity: true) }
        return known.insert(value).memberAfterInsert
    }

    private mutating func shared(permissions set: PermissionSet) -> PermissionSet {
        if let index = permissions.firstIndex(of: set) { return permissions[index] }
        permissions.insert(set)
        permissionBytes += set.byteCount
        if permissionBytes > sweepAt { sweep() }
        return set
    }

    /// Lets go of the sets that nobody else holds.
    private mutating func sweep() {
        var kept: Set<PermissionSet> = []
        permissionBytes = 0
        // Taken out one by one: what is then held here alone is held by no token.
        while var set = permissions.popFirst() {
            guard !set.isHeldOnce else { continue }
            permissionBytes += set.byteCount
            kept.insert(set)
        }
        permissions = kept
        // With much in use, a sweep at each new set would cost more than it gives.
        sweepAt = max(Self.bytesWithoutSweep, 2 * permissionBytes)
    }

    /// The permissions of a stored text, which is read once and not for each token.
    package mutating func permissions(
        written text: String,
        read: () throws -> PermissionSet
    ) rethrows -> PermissionSet {
        if let known = writtenPermissions[text] { return known }
        let set = shared(permissions: try read())
        writtenBytes += text.utf8.count
        if writtenBytes <= Self.bytesWithoutSweep { writtenPermissions[text] = set }
        return set
    }

    fileprivate mutating func shared(_ holder: Boxed<AccountHolder>) -> Boxed<AccountHolder> {
        Self.one(of: holder, in: &holders)
    }
}

extension Facts {
    /// Sets whose the account is, in storage that is shared.
    package mutating func set(_ holder: AccountHolder?, _ shared: inout SharedFacts) {
        boxedHolder = holder.map { shared.shared(.value($0)) }
    }
}
