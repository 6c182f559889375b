import Alerting

/// What a poll of a token leaves for the next one: an access token, or the part of a list that was read.
///
/// It is used with the same secret only, for a while only, and is never on disk.
struct Leftovers<Value: Sendable>: Sendable {
    private struct Entry {
        let value: Value
        let digest: SecretDigest
        let until: Moment
    }

    /// One a token at most.
    private var entries: [TokenID: Entry] = [:]

    mutating func keep(
        _ value: Value,
        of id: TokenID,
        with digest: SecretDigest,
        until: Moment
    ) {
        entries[id] = Entry(value: value, digest: digest, until: until)
    }

    /// What can still be used; what cannot is dropped.
    mutating func find(of id: TokenID, with digest: SecretDigest, at now: Moment) -> Value? {
        guard !entries.isEmpty, let entry = entries[id] else { return nil }
        if entry.digest == digest, now < entry.until { return entry.value }
        entries[id] = nil
        return nil
    }

    mutating func drop(of id: TokenID) { entries[id] = nil }

    mutating func dropAll() { entries.removeAll() }
}
