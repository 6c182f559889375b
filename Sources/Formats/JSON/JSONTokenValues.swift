extension JSONTokenizer {
    package func string(_ text: Text) -> String {
        guard text.hasEscapes else {
            return bytes.withUnsafeBufferPointer { all in
                String(
                    decoding: UnsafeBufferPointer(rebasing: all[text.start..<text.end]),
                    as: UTF8.self
                )
            }
        }
        return String(decoding: unescaped(text), as: UTF8.self)
    }

    /// Whether a text, once unescaped, equals these bytes.
    func equals(_ text: Text, _ other: ArraySlice<UInt8>) -> Bool {
        if text.hasEscapes { return unescaped(text).elementsEqual(other) }
        guard text.end - text.start == other.count else { return false }
        var position = text.start
        for byte in other {
            if bytes[position] != byte { return false }
            position += 1
        }
        return true
    }

    /// Whether a text equals this one, and is written without escapes.
    func equals(_ text: Text, _ other: String) -> Bool {
        guard !text.hasEscapes, text.end - text.start == other.utf8.count else { return false }
        let written = bytes[text.start..<text.end]
        let isSame = other.utf8.withContiguousStorageIfAvailable { other in
            written.withUnsafeBufferPointer { $0.hasSameBytes(as: other) }
        }
        return isSame ?? written.elementsEqual(other.utf8)
    }

    /// Returns the number as an integer, if it is written as one and fits.
    func integer(_ number: Number) -> Int64? {
        guard number.isInteger else { return nil }
        var position = number.start
        let isNegative = bytes[position] == UInt8(ascii: "-")
        if isNegative { position += 1 }
        var value: Int64 = 0
        while position < number.end {
            let digit = Int64(bytes[position] - UInt8(ascii: "0"))
            let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) =
                isNegative
                ? shifted.subtractingReportingOverflow(digit)
                : shifted.addingReportingOverflow(digit)
            if overflow || carry { return nil }
            value = sum
            position += 1
        }
        return value
    }

    /// Returns the nearest double; infinite if the number is too large.
    func double(_ number: Number) -> Double {
        // Swift's grammar of numbers includes JSON's, so this cannot be nil.
        Double(String(decoding: bytes[number.start..<number.end], as: UTF8.self)) ?? .nan
    }

    private func unescaped(_ text: Text) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.end - text.start)
        var position = text.start
        while position < text.end {
            guard bytes[position] == UInt8(ascii: "\\") else {
                result.append(bytes[position])
                position += 1
                continue
            }
            let escape = bytes[position + 1]
            position += 2
            switch escape {
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0c)
            case UInt8(ascii: "n"): result.append(0x0a)
            case UInt8(ascii: "r"): result.append(0x0d)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "u"):
                var code = hexadecimal(at: position)
                position += 4
                if code & 0xfc00 == 0xd800 {
                    code = 0x10000 + (code & 0x3ff) << 10 + hexadecimal(at: position + 2) & 0x3ff
                    position += 6
                }
                if let scalar = Unicode.Scalar(code) { result.append(contentsOf: scalar.utf8) }
            default: result.append(escape)
            }
        }
        return result
    }

    /// The value of four hexadecimal digits that were validated before.
    private func hexadecimal(at position: Int) -> UInt32 {
        bytes[position..<position + 4].reduce(0) { value, byte in
            value << 4 | UInt32(byte <= UInt8(ascii: "9") ? byte & 15 : (byte & 15) + 9)
        }
    }
}

extension Unicode.Scalar {
    /// The bytes of this character in UTF-8.
    fileprivate var utf8: UTF8.EncodedScalar {
        UTF8.encode(self) ?? UTF8.encodedReplacementCharacter
    }
}
