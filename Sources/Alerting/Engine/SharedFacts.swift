/// Keeps one copy of the facts that many tokens share: account, holder and permissions.
///
/// Ten thousand tokens of one account would otherwise hold its name ten thousand times. The daemon
/// frees facts that no token holds any more: an answer may bring other facts at every poll.
package struct SharedFacts {
    private var accounts: Set<String> = []
    private var holders: Set<Boxed<AccountHolder>> = []
    private var permissions: Set<PermissionSet> = []
    /// The size of all permissions held here.
    package private(set) var permissionBytes = 0
    /// The size above which sets that nobody else holds are freed.
    private var sweepAt = Self.bytesWithoutSweep
    /// The permissions by their stored text, used while the states are read.
    private var writtenPermissions: [String: PermissionSet] = [:]
    private var writtenBytes = 0

    package init() {}

    /// With more different names than this, all are freed, and tokens keep their own.
    private static let maximumNames = 4096

    var nameCount: Int { accounts.count + holders.count }

    /// The size that permissions held by no token may take.
    package static let bytesWithoutSweep = 1 << 20

    /// Returns the same facts, in shared storage where there is some.
    ///
    /// `known` are the facts of the token's last good answer: their storage is shared already.
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

    /// Returns the same account's name, in shared storage.
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

    /// Frees the sets that nobody else holds.
    private mutating func sweep() {
        var kept: Set<PermissionSet> = []
        permissionBytes = 0
        // Sets are taken out one by one: no token holds a set that then has a single reference.
        while var set = permissions.popFirst() {
            guard !set.isHeldOnce else { continue }
            permissionBytes += set.byteCount
            kept.insert(set)
        }
        permissions = kept
        // With much in use, a sweep at each new set would cost more than it frees.
        sweepAt = max(Self.bytesWithoutSweep, 2 * permissionBytes)
    }

    /// The permissions of a stored text, which is read once instead of once per token.
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
    /// Sets the holder of the account, in shared storage.
    package mutating func set(_ holder: AccountHolder?, _ shared: inout SharedFacts) {
        boxedHolder = holder.map { shared.shared(.value($0)) }
    }
}
