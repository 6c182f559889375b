/// Percent-encoding (RFC 3986 §2.1) and the pairs of a query.
package enum HTTPPercentCoding {
    /// Returns the text of encoded bytes.
    ///
    /// - Returns: nil if an escape is broken, or stands for a control character or for bytes that
    ///   are not UTF-8.
    package static func decoded(_ encoded: ArraySlice<UInt8>) -> String? {
        guard encoded.contains(UInt8(ascii: "%")) else {
            return String(decoding: encoded, as: UTF8.self)
        }
        guard let bytes = unescaped(encoded, plusIsSpace: false),
            !bytes.contains(where: \.isControl)
        else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    /// Returns the pairs of a query, as a form writes them; a name without `=` has an empty value.
    ///
    /// - Returns: nil if an escape is broken, or stands for NUL or for bytes that are not UTF-8.
    static func pairs(of query: ArraySlice<UInt8>) -> [(name: String, value: String)]? {
        var pairs: [(name: String, value: String)] = []
        for pair in query.split(separator: UInt8(ascii: "&")) {
            let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            guard let name = formText(pair[..<equals]),
                let value = formText(pair[equals...].dropFirst())
            else { return nil }
            pairs.append((name, value))
        }
        return pairs
    }

    private static func formText(_ encoded: ArraySlice<UInt8>) -> String? {
        guard let bytes = unescaped(encoded, plusIsSpace: true), !bytes.contains(0) else {
            return nil
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func unescaped(_ encoded: ArraySlice<UInt8>, plusIsSpace: Bool) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(encoded.count)
        var index = encoded.startIndex
        while index < encoded.endIndex {
            switch encoded[index] {
            case UInt8(ascii: "%"):
                guard index + 2 < encoded.endIndex,
                    let high = encoded[index + 1].hexValue,
                    let low = encoded[index + 2].hexValue
                else { return nil }
                bytes.append(high << 4 | low)
                index += 3
            case UInt8(ascii: "+") where plusIsSpace:
                bytes.append(.space)
                index += 1
            case let byte:
                bytes.append(byte)
                index += 1
            }
        }
        return bytes
    }
}
