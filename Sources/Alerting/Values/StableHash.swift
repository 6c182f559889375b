/// A hash that never changes between runs, machines and versions.
package enum StableHash {
    /// FNV-1a, 64 bits, over the texts with a zero byte after each.
    package static func of(_ texts: [String]) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for text in texts {
            for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
            hash = hash &* 0x100_0000_01b3
        }
        return hash
    }
}
