/// The name of a watched token: `[a-z0-9][a-z0-9._-]{0,63}`.
package struct TokenID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let text: String

    /// The rule, as an operator reads it.
    package static let rule =
        "1 to 64 of a-z, 0-9, '.', '_' and '-', beginning with a letter or digit"

    /// Nil where the text does not follow the rule.
    package init?(_ text: String) {
        guard (1...64).contains(text.utf8.count) else { return nil }
        for (position, byte) in text.utf8.enumerated() {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                continue
            case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                if position == 0 { return nil }
            default:
                return nil
            }
        }
        self.text = text
    }

    package var description: String { text }

    package static func < (left: TokenID, right: TokenID) -> Bool { left.text < right.text }

    /// A hash that never changes between runs, machines and versions (FNV-1a, then a mix).
    ///
    /// Polls are spread over the interval by it.
    package var stableHash: UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        // FNV's high bits differ little for short names that differ in their last letter:
        // MurmurHash3's finalizer spreads them.
        hash = (hash ^ (hash >> 33)) &* 0xff51_afd7_ed55_8ccd
        hash = (hash ^ (hash >> 33)) &* 0xc4ce_b9fe_1a85_ec53
        return hash ^ (hash >> 33)
    }
}
