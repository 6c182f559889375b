/// Writes JSON (RFC 8259) into bytes; the caller opens and closes in order.
///
/// The writer places commas. Every member of an object is written, null where there is none.
package struct JSONWriter: Sendable {
    package private(set) var bytes: [UInt8]
    private var needsComma = false

    package init(reserving count: Int = 512) {
        bytes = []
        bytes.reserveCapacity(count)
    }

    /// Returns the JSON that `write` writes.
    package static func bytes(
        reserving count: Int = 512,
        _ write: (inout JSONWriter) -> Void
    ) -> [UInt8] {
        var writer = JSONWriter(reserving: count)
        write(&writer)
        return writer.bytes
    }

    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Removes the written bytes and keeps the memory.
    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        needsComma = false
    }

    package mutating func object(_ members: (inout JSONWriter) throws -> Void) rethrows {
        open(UInt8(ascii: "{"))
        try members(&self)
        close(UInt8(ascii: "}"))
    }

    package mutating func array(_ elements: (inout JSONWriter) throws -> Void) rethrows {
        open(UInt8(ascii: "["))
        try elements(&self)
        close(UInt8(ascii: "]"))
    }

    package mutating func object(
        _ key: String,
        _ members: (inout JSONWriter) throws -> Void
    ) rethrows {
        self.key(key)
        try object(members)
    }

    package mutating func array(
        _ key: String,
        _ elements: (inout JSONWriter) throws -> Void
    ) rethrows {
        self.key(key)
        try array(elements)
    }

    package mutating func key(_ key: String) {
        write(key)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    package mutating func field(_ key: String, _ text: String?) {
        self.key(key)
        value(text)
    }

    package mutating func field(_ key: String, _ number: Int64?) {
        self.key(key)
        value(number)
    }

    package mutating func field(_ key: String, _ number: Int?) {
        self.key(key)
        value(number)
    }

    package mutating func field(_ key: String, _ flag: Bool?) {
        self.key(key)
        value(flag)
    }

    package mutating func field(_ key: String, _ instant: Instant?) {
        self.key(key)
        value(instant)
    }

    package mutating func field(_ key: String, _ texts: [String]?) {
        self.key(key)
        value(texts)
    }

    /// Writes a member whose value `write` writes; null without one.
    package mutating func field<Value>(
        _ key: String,
        _ value: Value?,
        _ write: (Value, inout JSONWriter) -> Void
    ) {
        self.key(key)
        if let value { write(value, &self) } else { null() }
    }

    package mutating func value(_ text: String?) {
        if let text { write(text) } else { null() }
    }

    package mutating func value(_ number: Int64?) {
        if let number { literal(String(number)) } else { null() }
    }

    package mutating func value(_ number: Int?) {
        if let number { literal(String(number)) } else { null() }
    }

    package mutating func value(_ flag: Bool?) {
        literal(flag.map { $0 ? "true" : "false" } ?? "null")
    }

    package mutating func value(_ instant: Instant?) {
        guard let instant else { return null() }
        separate()
        bytes.append(UInt8(ascii: "\""))
        instant.withRFC3339 { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    package mutating func value(_ texts: [String]?) {
        guard let texts else { return null() }
        array { for text in texts { $0.write(text) } }
    }

    package mutating func null() {
        literal("null")
    }

    /// Writes a value that is JSON already.
    package mutating func verbatim(_ json: some Sequence<UInt8>) {
        separate()
        bytes.append(contentsOf: json)
        needsComma = true
    }

    private mutating func write(_ text: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { escape($0) }
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    private mutating func literal(_ text: String) {
        separate()
        bytes.append(contentsOf: text.utf8)
        needsComma = true
    }

    private mutating func open(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }

    /// Invisible characters are written as `\u…`, because people read JSON on terminals, too.
    private mutating func escape(_ text: UnsafeBufferPointer<UInt8>) {
        var start = 0
        var index = 0
        while index < text.count {
            if Self.isPlain(text, at: index) {
                index += 8
                continue
            }
            let byte = text[index]
            var next = index + 1
            if byte >= 0x80 {
                guard Self.leadsUnsafe.contains(byte) else {
                    index = next
                    continue
                }
                let scalar = Self.scalar(text, at: index)
                next = index + UTF8.width(scalar)
                if scalar.isUnsafeToShow {
                    bytes.append(contentsOf: text[start..<index])
                    for unit in String(scalar).utf16 { escape(unit: unit) }
                    start = next
                }
            } else if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
                || byte == 0x7f
            {
                bytes.append(contentsOf: text[start..<index])
                escape(byte)
                start = next
            }
            index = next
        }
        bytes.append(contentsOf: text[start...])
    }

    /// Whether the eight bytes from an index are ASCII that needs no escape, all tested at once.
    ///
    /// `(x - n) & ~x` has a byte's top bit set for the lowest byte under `n`. Its borrow may set
    /// bits of higher bytes, which does no harm: then the bytes are tested one at a time.
    private static func isPlain(_ text: UnsafeBufferPointer<UInt8>, at index: Int) -> Bool {
        guard index + 8 <= text.count, let start = text.baseAddress else { return false }
        let bytes = UnsafeRawPointer(start).loadUnaligned(fromByteOffset: index, as: UInt64.self)
        let ones: UInt64 = 0x0101_0101_0101_0101
        func hasByte(under limit: UInt64, of bytes: UInt64) -> UInt64 {
            (bytes &- ones &* limit) & ~bytes
        }
        func hasByte(_ byte: UInt64) -> UInt64 { hasByte(under: 1, of: bytes ^ (ones &* byte)) }
        let special =
            bytes | hasByte(under: 0x20, of: bytes) | hasByte(0x22) | hasByte(0x5c) | hasByte(0x7f)
        return special & (ones &* 0x80) == 0
    }

    /// The first UTF-8 bytes of characters that are `isUnsafeToShow`, beyond ASCII.
    private static let leadsUnsafe: [UInt8] = [0xc2, 0xd8, 0xe2, 0xef, 0xf3]

    /// The character that begins at a byte of valid UTF-8.
    private static func scalar(
        _ text: UnsafeBufferPointer<UInt8>,
        at index: Int
    ) -> Unicode.Scalar {
        let width = text[index] >= 0xf0 ? 4 : text[index] >= 0xe0 ? 3 : 2
        var value = UInt32(text[index]) & (0x7f >> UInt32(width))
        for byte in text[index + 1..<min(index + width, text.count)] {
            value = value << 6 | UInt32(byte & 0x3f)
        }
        return Unicode.Scalar(value) ?? "\u{fffd}"
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(byte)
        case UInt8(ascii: "\n"): bytes.append(contentsOf: "\\n".utf8)
        case UInt8(ascii: "\t"): bytes.append(contentsOf: "\\t".utf8)
        case UInt8(ascii: "\r"): bytes.append(contentsOf: "\\r".utf8)
        default: escape(unit: UInt16(byte))
        }
    }

    private mutating func escape(unit: UInt16) {
        bytes.append(contentsOf: "\\u".utf8)
        for shift in [12, 8, 4, 0] as [UInt16] {
            bytes.append(Self.digits[Int(unit >> shift & 15)])
        }
    }

    private static let digits = Array("0123456789abcdef".utf8)
}
