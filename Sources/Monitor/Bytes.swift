extension UInt8 {
    var isLetterOrDigit: Bool {
        (self | 0x20) &- UInt8(ascii: "a") < 26 || isDigit
    }

    var isDigit: Bool { self &- UInt8(ascii: "0") < 10 }

    var isHexadecimalDigit: Bool {
        (self | 0x20) &- UInt8(ascii: "a") < 6 || isDigit
    }

    /// Whether RFC 3986 allows the character in a URL; it does not allow `{` and the like.
    var mayStandInURL: Bool {
        isLetterOrDigit || "-._~%:/?@!$&'()*+,;=[]".utf8.contains(self)
    }

    /// The sign and two hexadecimal digits.
    func hexadecimal(after sign: Unicode.Scalar) -> [UInt8] {
        let digits = Array("0123456789ABCDEF".utf8)
        return [UInt8(ascii: sign), digits[Int(self >> 4)], digits[Int(self & 15)]]
    }
}
