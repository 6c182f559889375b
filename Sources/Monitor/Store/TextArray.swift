import Alerting

/// Lists of words in one column, as JSON that an operator's `json_each` can read.
enum TextArray {
    static func write(_ texts: [String]) -> String {
        var writer = JSONWriter(reserving: 64)
        writer.value(texts)
        return writer.text
    }

    /// Reads what `write` writes; nil for anything else.
    static func read(_ text: String) -> [String]? {
        var scanner = Scanner(bytes: Array(text.utf8))
        guard scanner.take("[") else { return nil }
        var texts: [String] = []
        if !scanner.take("]") {
            repeat {
                guard let text = scanner.string() else { return nil }
                texts.append(text)
            } while scanner.take(",")
            guard scanner.take("]") else { return nil }
        }
        return scanner.isAtEnd ? texts : nil
    }

    private struct Scanner {
        let bytes: [UInt8]
        var index = 0

        init(bytes: [UInt8]) {
            self.bytes = bytes
        }

        var isAtEnd: Bool { index == bytes.count }

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard next(is: character) else { return false }
            index += 1
            return true
        }

        func next(is character: Unicode.Scalar) -> Bool {
            index < bytes.count && bytes[index] == UInt8(ascii: character)
        }

        mutating func string() -> String? {
            guard take("\"") else { return nil }
            var content: [UInt8] = []
            while index < bytes.count {
                let byte = bytes[index]
                index += 1
                switch byte {
                case UInt8(ascii: "\""):
                    return String(decoding: content, as: UTF8.self)
                case UInt8(ascii: "\\"):
                    guard let escaped = escaped() else { return nil }
                    content.append(escaped)
                default:
                    content.append(byte)
                }
            }
            return nil
        }

        /// The character of an escape; only those of ASCII are ever written.
        mutating func escaped() -> UInt8? {
            guard index < bytes.count else { return nil }
            defer { index += 1 }
            switch bytes[index] {
            case UInt8(ascii: "\""): return UInt8(ascii: "\"")
            case UInt8(ascii: "\\"): return UInt8(ascii: "\\")
            case UInt8(ascii: "n"): return UInt8(ascii: "\n")
            case UInt8(ascii: "t"): return UInt8(ascii: "\t")
            case UInt8(ascii: "r"): return UInt8(ascii: "\r")
            case UInt8(ascii: "u"):
                guard index + 4 < bytes.count else { return nil }
                let digits = String(decoding: bytes[index + 1...index + 4], as: UTF8.self)
                index += 4
                return UInt8(digits, radix: 16).flatMap { $0 < 0x80 ? $0 : nil }
            default:
                return nil
            }
        }
    }
}
