/// Reads integers and floats.
struct TOMLNumberReader {
    private var rest: ArraySlice<UInt8>

    /// The digits so far, with sign, point and exponent but without underscores.
    private var text: [UInt8] = []

    /// Reads the whole of `token`.
    static func read(_ token: ArraySlice<UInt8>) throws(TOMLFault) -> TOMLValue {
        var reader = TOMLNumberReader(rest: token)
        let value = try reader.readValue()
        guard reader.rest.isEmpty else { throw Self.notANumber }
        return value
    }

    /// Whether the token may be meant as a number.
    static func canRead(_ token: ArraySlice<UInt8>) -> Bool {
        guard let first = token.first else { return false }
        return TOMLByte.isDigit(first) || first == TOMLByte.plus || first == TOMLByte.minus
            || first == TOMLByte.dot || token.elementsEqual("inf".utf8)
            || token.elementsEqual("nan".utf8)
    }

    private static let notANumber = TOMLFault(
        "the value starts as a number but is none; a string must be in quotes"
    )

    private init(rest: ArraySlice<UInt8>) {
        self.rest = rest
        text.reserveCapacity(rest.count)
    }

    private mutating func readValue() throws(TOMLFault) -> TOMLValue {
        if rest.first == TOMLByte.zero, let mark = rest.dropFirst().first {
            let radix: Int64? =
                switch mark {
                case UInt8(ascii: "x"): 16
                case UInt8(ascii: "o"): 8
                case UInt8(ascii: "b"): 2
                default: nil
                }
            if let radix {
                rest = rest.dropFirst(2)
                try takeDigits(radix: radix)
                return .integer(try integer(radix: radix, isNegative: false))
            }
        }
        let sign = rest.first.flatMap { [TOMLByte.plus, TOMLByte.minus].contains($0) ? $0 : nil }
        if sign != nil { rest = rest.dropFirst() }
        let isNegative = sign == TOMLByte.minus
        if rest.elementsEqual("inf".utf8) || rest.elementsEqual("nan".utf8) {
            let magnitude = rest.first == UInt8(ascii: "i") ? Double.infinity : Double.nan
            rest = []
            return .float(isNegative ? -magnitude : magnitude)
        }
        try takeDigits(radix: 10)
        guard text.first != TOMLByte.zero || text.count == 1 else {
            throw TOMLFault("a number must not begin with 0; octal is written 0o17")
        }
        guard try takeFractionAndExponent() else {
            return .integer(try integer(radix: 10, isNegative: isNegative))
        }
        guard let magnitude = Double(String(decoding: text, as: UTF8.self)), magnitude.isFinite
        else {
            throw TOMLFault("the float is too large for 64 bits")
        }
        return .float(isNegative ? -magnitude : magnitude)
    }

    /// Takes the fraction and the exponent of a float; false if there is neither.
    private mutating func takeFractionAndExponent() throws(TOMLFault) -> Bool {
        var isFloat = false
        if rest.first == TOMLByte.dot {
            isFloat = true
            text.append(TOMLByte.dot)
            rest = rest.dropFirst()
            try takeDigits(radix: 10)
        }
        if let mark = rest.first, mark | 0x20 == UInt8(ascii: "e") {
            isFloat = true
            text.append(mark)
            rest = rest.dropFirst()
            if let sign = rest.first, sign == TOMLByte.plus || sign == TOMLByte.minus {
                text.append(sign)
                rest = rest.dropFirst()
            }
            try takeDigits(radix: 10)
        }
        return isFloat
    }

    /// Takes at least one digit, and underscores that each are between two digits.
    private mutating func takeDigits(radix: Int64) throws(TOMLFault) {
        var previous: UInt8?
        while let byte = rest.first {
            if byte == TOMLByte.underscore {
                guard let previous, previous != TOMLByte.underscore else {
                    throw Self.strayUnderscore
                }
            } else if Self.value(of: byte, radix: radix) != nil {
                text.append(byte)
            } else {
                break
            }
            previous = byte
            rest = rest.dropFirst()
        }
        guard previous != TOMLByte.underscore else { throw Self.strayUnderscore }
        guard previous != nil else { throw Self.notANumber }
    }

    private static let strayUnderscore = TOMLFault(
        "put underscores in a number only between two digits"
    )

    /// Returns the integer for the text, which has only digits.
    private func integer(radix: Int64, isNegative: Bool) throws(TOMLFault) -> Int64 {
        var result: Int64 = 0
        for byte in text {
            let digit = Self.value(of: byte, radix: radix) ?? 0
            let (scaled, overflow) = result.multipliedReportingOverflow(by: radix)
            // Towards the sign, because the least integer has no positive counterpart.
            let (sum, carry) =
                isNegative
                ? scaled.subtractingReportingOverflow(digit)
                : scaled.addingReportingOverflow(digit)
            guard !overflow, !carry else {
                throw TOMLFault("the integer is out of range; it must fit in 64 bits with sign")
            }
            result = sum
        }
        return result
    }

    private static func value(of byte: UInt8, radix: Int64) -> Int64? {
        let digit: Int64
        if TOMLByte.isDigit(byte) {
            digit = Int64(byte - TOMLByte.zero)
        } else if TOMLByte.isLetter(byte) {
            digit = Int64((byte | 0x20) - UInt8(ascii: "a")) + 10
        } else {
            return nil
        }
        return digit < radix ? digit : nil
    }
}
