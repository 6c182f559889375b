/// A JSON Web Token in its compact form (RFC 7515 §7.1): three parts of base64url with dots.
enum JWT {
    /// The bytes of the payload, a JSON document; nil if the secret is no such token.
    ///
    /// The signature is not checked: the claims are read as the holder's own knowledge of when the
    /// token ends, and the provider decides.
    static func payload(of secret: String) -> [UInt8]? {
        let parts = secret.utf8.split(
            separator: UInt8(ascii: "."),
            omittingEmptySubsequences: false
        )
        guard parts.count == 3 else { return nil }
        return base64URL(parts[1])
    }

    // RFC 4648 §5, without padding.
    private static func base64URL(_ text: Substring.UTF8View) -> [UInt8]? {
        guard text.count % 4 != 1, !text.isEmpty else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count * 3 / 4)
        var bits: UInt32 = 0
        var count = 0
        for byte in text {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit = byte - UInt8(ascii: "A")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): digit = byte - UInt8(ascii: "a") + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0") + 52
            case UInt8(ascii: "-"): digit = 62
            case UInt8(ascii: "_"): digit = 63
            default: return nil
            }
            bits = (bits << 6 | UInt32(digit)) & 0xffff
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }
}
