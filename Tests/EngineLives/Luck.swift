import Alerting

/// Where a life's luck comes from: a seed, or bytes that run out.
package struct Luck: RandomNumberGenerator {
    private var random: SplitMix64
    private var bytes: ArraySlice<UInt8>?

    package init(seed: UInt64) { random = SplitMix64(state: seed) }

    package init(bytes: [UInt8]) {
        random = SplitMix64(state: 1)
        self.bytes = bytes[...]
    }

    /// Whether there is no more to decide.
    var hasRunOut: Bool { bytes?.isEmpty == true }

    package mutating func next() -> UInt64 { random.next() }

    /// One of so many, at most 256.
    package mutating func pick(_ count: Int) -> Int {
        if bytes != nil { return Int(bytes?.popFirst() ?? 0) % count }
        return Int.random(in: 0..<count, using: &random)
    }

    mutating func once(in count: Int) -> Bool { pick(count) == count - 1 }
}
