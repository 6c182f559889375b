/// The header lines of one request, as they were sent, over one copy of its head.
///
/// Strings are made on demand: most requests need none.
package struct HTTPHeaders: Sendable {
    /// Where one header line has its name and its trimmed value.
    struct Field: Sendable {
        var nameStart: UInt32
        var nameEnd: UInt32
        var valueStart: UInt32
        var valueEnd: UInt32

        var value: Range<Int> { Int(valueStart)..<Int(valueEnd) }
    }

    /// The whole head, from the request line to the empty line.
    let bytes: [UInt8]

    /// The lines in order.
    let fields: [Field]

    /// How many lines there are.
    package var count: Int { fields.count }

    /// All lines in order; a name that was sent twice is here twice.
    package var all: [(name: String, value: String)] {
        fields.map { (text(Int($0.nameStart)..<Int($0.nameEnd)), text($0.value)) }
    }

    /// The value of the first line with this name, in any letter case.
    package subscript(name: String) -> String? {
        fields.first { isNamed(name, $0) }.map { text($0.value) }
    }

    /// The values of all lines with this name, in order.
    package func values(of name: String) -> [String] {
        fields.filter { isNamed(name, $0) }.map { text($0.value) }
    }

    /// The text of a part of the head; bytes that are not UTF-8 are replaced.
    func text(_ range: Range<Int>) -> String {
        String(decoding: bytes[range], as: UTF8.self)
    }

    private func isNamed(_ name: String, _ field: Field) -> Bool {
        let utf8 = name.utf8
        guard utf8.count == Int(field.nameEnd - field.nameStart) else { return false }
        var index = Int(field.nameStart)
        for byte in utf8 {
            guard byte.asciiLowercased == bytes[index].asciiLowercased else { return false }
            index += 1
        }
        return true
    }
}
