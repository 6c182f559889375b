/// The slots that hold each secret, by digest; finds duplicates.
struct SecretHolders: Sendable {
    private var digests: [SecretDigest?]
    /// The first holder of each secret.
    private var holders: [SecretDigest: Int32] = [:]
    /// All holders of a secret that has more than one.
    private var groups: [SecretDigest: [Int32]] = [:]

    init(count: Int) {
        digests = Array(repeating: nil, count: count)
        // Growing to 100,000 in the middle of a sweep would delay other work too long.
        holders.reserveCapacity(count)
    }

    /// Records the secret that a slot holds now.
    ///
    /// - Returns: the slots whose companion may have changed; usually none.
    mutating func note(_ slot: Int, holds digest: SecretDigest?) -> [Int] {
        guard digests[slot] != digest else { return [] }
        var touched: [Int] = []
        if let old = digests[slot] { touched += leave(slot, old) }
        digests[slot] = digest
        guard let digest else { return touched }
        guard let first = holders[digest] else {
            holders[digest] = Int32(slot)
            return touched
        }
        groups[digest, default: [first]].append(Int32(slot))
        // Other slots keep their companion: 100,000 entries may name one file by mistake.
        return touched + (groups[digest]?.count == 2 ? [Int(first), slot] : [slot])
    }

    /// Another slot with the same secret; nil if there is none.
    func companion(of slot: Int) -> Int? {
        guard let digest = digests[slot], let group = groups[digest] else { return nil }
        return group.first { Int($0) != slot }.map(Int.init)
    }

    private mutating func leave(_ slot: Int, _ digest: SecretDigest) -> [Int] {
        guard var group = groups[digest] else {
            holders[digest] = nil
            return []
        }
        guard let place = group.firstIndex(of: Int32(slot)) else { return [] }
        group.remove(at: place)
        holders[digest] = group.first
        groups[digest] = group.count > 1 ? group : nil
        // The first is the companion of all others, and the second the companion of the first.
        let left: [Int32] = place == 0 ? group : (place == 1 ? [group[0]] : [])
        return left.map(Int.init) + [slot]
    }
}
