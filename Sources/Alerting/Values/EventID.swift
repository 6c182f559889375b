/// The name of an event: 26 characters of Crockford's base 32, ascending in the order of commits.
///
/// The shape is a ULID's (48 bits of milliseconds, 80 of chance), but a later one is greater even
/// when the clock steps back.
package struct EventID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Parses an id; nil if the text is not 26 characters of the alphabet within 128 bits.
    package init?(_ text: some StringProtocol) {
        var high: UInt64 = 0
        var low: UInt64 = 0
        var count = 0
        for byte in text.utf8 {
            guard let digit = Self.alphabet.firstIndex(of: byte), high >> 59 == 0 else {
                return nil
            }
            high = high << 5 | low >> 59
            low = low << 5 | UInt64(digit)
            count += 1
        }
        guard count == 26 else { return nil }
        self.init(high: high, low: low)
    }

    package var description: String {
        var high = high
        var low = low
        let text = [UInt8](unsafeUninitializedCapacity: 26) { buffer, count in
            for position in stride(from: 25, through: 0, by: -1) {
                buffer[position] = Self.alphabet[Int(low & 31)]
                low = low >> 5 | high << 59
                high >>= 5
            }
            count = 26
        }
        return String(decoding: text, as: UTF8.self)
    }

    package static func < (left: EventID, right: EventID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }

    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
}

/// Assigns event ids, each greater than the one before.
package struct EventIDs: Sendable {
    /// The greatest assigned id, in this run or an earlier one.
    package private(set) var last: EventID
    private var random: SplitMix64

    /// Continues after `last`; `seed` makes the ids of two daemons differ.
    package init(after last: EventID = EventID(high: 0, low: 0), seed: UInt64) {
        self.last = last
        random = SplitMix64(state: seed)
    }

    package mutating func next(at now: Instant) -> EventID {
        let time = UInt64(clamping: now.milliseconds) & 0xffff_ffff_ffff
        let fresh = EventID(
            high: time << 16 | (random.next() & 0xffff),
            low: random.next()
        )
        if time > last.high >> 16 {
            last = fresh
        } else {
            let (low, overflow) = last.low.addingReportingOverflow(1)
            last = EventID(high: last.high &+ (overflow ? 1 : 0), low: low)
        }
        return last
    }
}

/// A small seeded random number generator.
///
/// https://prng.di.unimi.it/splitmix64.c; not for secrets.
package struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(state: UInt64) {
        self.state = state
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
