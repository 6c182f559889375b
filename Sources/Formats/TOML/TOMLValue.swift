/// A place in a document, for messages.
///
/// It takes eight bytes: a document of 100,000 tables has a million of them.
package struct TOMLPosition: Hashable, Sendable, CustomStringConvertible {
    private let lineNumber: UInt32
    private let columnNumber: UInt32

    package static let start = TOMLPosition(line: 1, column: 1)

    package init(line: Int, column: Int) {
        lineNumber = UInt32(clamping: line)
        columnNumber = UInt32(clamping: column)
    }

    /// The line, from 1.
    package var line: Int { Int(lineNumber) }

    /// The column, from 1, counted in Unicode scalars like in most editors.
    package var column: Int { Int(columnNumber) }

    /// The place as `LINE:COLUMN`.
    package var description: String { "\(line):\(column)" }

    /// Returns the place right after `bytes`, which begin here and are valid UTF-8.
    func advanced(over bytes: ArraySlice<UInt8>) -> TOMLPosition {
        var (line, column) = (line, column)
        bytes.withUnsafeBufferPointer { bytes in
            for byte in bytes {
                if byte == TOMLByte.lineFeed {
                    line += 1
                    column = 1
                } else if byte & 0xC0 != 0x80 {
                    // Continuation bytes of UTF-8 are 10xxxxxx; all others begin a scalar.
                    column += 1
                }
            }
        }
        return TOMLPosition(line: line, column: column)
    }
}

/// A value and the place of its first character.
package struct TOMLNode: Sendable {
    package var value: TOMLValue

    /// The place of the value's first character.
    ///
    /// For a table created by a header that is the header's bracket; for one created by a dotted
    /// key, that part of the key.
    package var position: TOMLPosition

    package init(value: TOMLValue, position: TOMLPosition) {
        self.value = value
        self.position = position
    }
}

/// The value of a key.
package enum TOMLValue: Sendable {
    case string(String)
    case integer(Int64)
    case float(Double)
    case boolean(Bool)
    case offsetDateTime(TOMLOffsetDateTime)
    case localDateTime(TOMLLocalDateTime)
    case localDate(TOMLDate)
    case localTime(TOMLTime)
    case array([TOMLNode])
    /// Indirect, so that every other value is small.
    indirect case table(TOMLTable)

    /// The kind of the value with its article, for messages: `a string`, `an integer`.
    package var typeName: String {
        switch self {
        case .string: "a string"
        case .integer: "an integer"
        case .float: "a float"
        case .boolean: "a boolean"
        case .offsetDateTime: "a date and time"
        case .localDateTime: "a date and time without an offset"
        case .localDate: "a date"
        case .localTime: "a time"
        case .array: "an array"
        case .table: "a table"
        }
    }
}
