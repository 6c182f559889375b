import Glibc

/// The header fields of one answer or request, kept as sent and searched on demand.
///
/// A poll needs one or two of a dozen fields: making a string of each would cost more than
/// searching.
package struct HTTPHeaders: Sendable {
    /// The lines `Name: value`, each ended by LF or CRLF.
    package private(set) var lines: [UInt8] = []

    /// Returns the value of the first field of this name, in any letter case.
    package subscript(name: String) -> String? {
        values(of: name, atMost: 1).first
    }

    /// Returns the values of every field of this name, in order.
    package func values(of name: String) -> [String] {
        values(of: name, atMost: .max)
    }

    /// Returns the values of every field of this name as one list (RFC 9110 §5.3); nil for none.
    package func list(of name: String) -> String? {
        let values = values(of: name)
        return values.isEmpty ? nil : values.joined(separator: ", ")
    }

    private func values(of name: String, atMost limit: Int) -> [String] {
        var name = name
        return name.withUTF8 { name in
            lines.withUnsafeBufferPointer { lines in
                var found: [String] = []
                var start = 0
                while start < lines.count, found.count < limit {
                    let end = Self.endOfLine(in: lines, from: start)
                    if let value = Self.value(in: lines[start..<end], of: name) {
                        found.append(String(decoding: value, as: UTF8.self))
                    }
                    start = end + 1
                }
                return found
            }
        }
    }

    private typealias Bytes = UnsafeBufferPointer<UInt8>

    private static func endOfLine(in lines: Bytes, from start: Int) -> Int {
        guard let base = lines.baseAddress,
            let end = memchr(base + start, Int32(UInt8(ascii: "\n")), lines.count - start)
        else { return lines.count }
        return UnsafeRawPointer(base).distance(to: end)
    }

    private static func value(in line: Slice<Bytes>, of name: Bytes) -> Slice<Bytes>? {
        let colon = line.startIndex + name.count
        // A name has no colon, so this one byte rules out most lines.
        guard colon < line.endIndex, line[colon] == UInt8(ascii: ":"),
            line[..<colon].elementsEqual(
                name,
                by: { $0.asciiLowercased == $1.asciiLowercased }
            )
        else { return nil }
        var value = line[(colon + 1)...]
        while let first = value.first, first.isSpaceOrControl { value.removeFirst() }
        while let last = value.last, last.isSpaceOrControl { value.removeLast() }
        return value
    }

    /// Appends one line of the head, with its line end.
    package mutating func append(line: UnsafeRawBufferPointer) {
        if lines.isEmpty {
            // The head of a typical JSON answer, without growing.
            lines.reserveCapacity(512)
        } else if let first = line.first, first == UInt8(ascii: " ") || first == UInt8(ascii: "\t")
        {
            // A folded line continues the field before it (RFC 9112 §5.2).
            while let last = lines.last, last.isSpaceOrControl { lines.removeLast() }
        }
        lines.append(contentsOf: line)
    }

    package init(lines: [UInt8] = []) {
        self.lines = lines
    }
}

extension UInt8 {
    fileprivate var isSpaceOrControl: Bool { self <= 0x20 }
}
