/// Base64 with padding (RFC 4648 §4).
package enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
    )
    private static let padding = UInt8(ascii: "=")

    package static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits: UInt32 = 0
            for byte in group { bits = bits << 8 | UInt32(byte) }
            bits <<= UInt32(8 * (3 - group.count))
            for position in 0..<4 {
                let index = Int(bits >> UInt32(18 - 6 * position)) & 63
                text.append(position <= group.count ? alphabet[index] : padding)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Decodes Base64; returns nil if the text differs from the result of `encode`.
    package static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
        let written = Array(text)
        // The comparison rejects misplaced or missing padding, and bits beyond the last byte.
        guard let bytes = bytes(written.filter { $0 != padding }, alphabet),
            encode(bytes).utf8.elementsEqual(written)
        else { return nil }
        return bytes
    }

    /// Decodes base64url without padding (RFC 4648 §5); accepts any bits beyond the last byte.
    static func decodeURL(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count % 4 != 1, !text.isEmpty else { return nil }
        return bytes(text, alphabet.dropLast(2) + "-_".utf8)
    }

    /// Returns the whole bytes of some digits; nil if one is not in the alphabet.
    private static func bytes(_ text: some Sequence<UInt8>, _ alphabet: [UInt8]) -> [UInt8]? {
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for character in text {
            guard let value = alphabet.firstIndex(of: character) else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }
}
