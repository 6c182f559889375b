/// The name of a watched token: `[a-z0-9][a-z0-9._-]{0,63}`, or `INVENTORY/ROW` for a listed one.
package struct TokenID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let text: String

    /// The rule for a name in the configuration, as shown to an operator.
    package static let rule =
        "1 to 64 of a-z, 0-9, '.', '_' and '-', beginning with a letter or digit"

    /// The rule for the id of a listed token.
    package static let listedRule =
        "INVENTORY/ID: the name of an inventory, and the row's id of 1 to "
        + "\(ListedToken.maximumIDBytes) bytes"

    /// The maximum size of the second part, in bytes.
    static let maximumRowBytes = 120

    /// Creates a name, or the id of a listed token; nil for anything else.
    package init?(_ text: String) {
        guard let slash = text.utf8.firstIndex(of: UInt8(ascii: "/")) else {
            guard Self.isName(text[...]) else { return nil }
            self.text = text
            return
        }
        let row = text.utf8[text.utf8.index(after: slash)...]
        guard Self.isName(text[..<slash]), (1...Self.maximumRowBytes).contains(row.count),
            row.allSatisfy(Self.isOfRow)
        else { return nil }
        self.text = text
    }

    /// Parses a token as a person writes it: a listed one by its id, or by its row's provider id.
    package static func written(_ text: String) -> TokenID? {
        if let id = TokenID(text) { return id }
        guard let slash = text.utf8.firstIndex(of: UInt8(ascii: "/")),
            let inventory = TokenID.named(String(text[..<slash]))
        else { return nil }
        let row = String(text[text.utf8.index(after: slash)...])
        guard (1...ListedToken.maximumIDBytes).contains(row.utf8.count) else { return nil }
        return TokenID(inventory, row: row)
    }

    /// Creates a name that the configuration may contain; nil for anything else.
    package static func named(_ name: String) -> TokenID? {
        isName(name[...]) ? TokenID(name) : nil
    }

    /// Creates the id of a token in an inventory's list.
    ///
    /// An id that is too long or has other characters keeps as much as possible, and a hash of the
    /// whole makes it unique.
    package init(_ inventory: TokenID, row id: String) {
        if (1...Self.maximumRowBytes).contains(id.utf8.count), id.utf8.allSatisfy(Self.isOfRow) {
            text = "\(inventory.text)/\(id)"
            return
        }
        let kept = id.utf8.prefix(Self.maximumRowBytes - 17).map {
            Self.isOfRow($0) ? $0 : UInt8(ascii: "_")
        }
        let hash = String(Self.hash(of: id), radix: 16)
        text = "\(inventory.text)/\(String(decoding: kept, as: UTF8.self))~\(hash)"
    }

    private static func isName(_ text: Substring) -> Bool {
        guard (1...64).contains(text.utf8.count) else { return false }
        for (position, byte) in text.utf8.enumerated() {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                continue
            case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                if position == 0 { return false }
            default:
                return false
            }
        }
        return true
    }

    private static func isOfRow(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: ":"), UInt8(ascii: "@"), UInt8(ascii: "+"), UInt8(ascii: "~"),
            UInt8(ascii: "="), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    package var description: String { text }

    /// Whether an inventory lists it: it is not polled itself.
    package var isListed: Bool {
        let slash = UInt8(ascii: "/")
        // Ids are sorted by this, and searching in place takes a fifth of the time.
        return text.utf8.withContiguousStorageIfAvailable { $0.contains(slash) }
            ?? text.utf8.contains(slash)
    }

    /// The inventory that lists it; nil for a token of its own.
    package var inventory: TokenID? {
        text.utf8.firstIndex(of: UInt8(ascii: "/")).flatMap { TokenID.named(String(text[..<$0])) }
    }

    /// The id as one segment of a URL's path.
    package var pathText: String { text.replacing("/", with: "%2F") }

    /// Sorts listed tokens after all others, so that they come and go without moving them.
    package static func < (left: TokenID, right: TokenID) -> Bool {
        let isListed = right.isListed
        return left.isListed == isListed ? left.text < right.text : isListed
    }

    /// A hash that never changes between runs, machines and versions (FNV-1a, then a mix).
    ///
    /// It spreads the polls over the interval.
    package var stableHash: UInt64 { Self.hash(of: text) }

    private static func hash(of text: String) -> UInt64 {
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
