import Alerting

/// The values that polls of tokens leave for the next polls: access tokens, or partly read lists.
///
/// A value expires, is used only with the same secret, and is never on disk.
struct Leftovers<Value: Sendable>: Sendable {
    private struct Entry {
        let value: Value
        let digest: SecretDigest
        let until: Moment
    }

    /// The entries, at most one for each token.
    private var entries: [TokenID: Entry] = [:]

    mutating func keep(
        _ value: Value,
        of id: TokenID,
        with digest: SecretDigest,
        until: Moment
    ) {
        entries[id] = Entry(value: value, digest: digest, until: until)
    }

    /// Returns the value if it can still be used; drops it if not.
    mutating func find(of id: TokenID, with digest: SecretDigest, at now: Moment) -> Value? {
        guard !entries.isEmpty, let entry = entries[id] else { return nil }
        if entry.digest == digest, now < entry.until { return entry.value }
        entries[id] = nil
        return nil
    }

    mutating func drop(of id: TokenID) { entries[id] = nil }

    mutating func dropAll() { entries.removeAll() }
}
