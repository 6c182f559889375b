import Alerting
import CSQLite

/// A prepared statement; reset after every use, so that it holds no transaction open.
struct Statement: ~Copyable {
    let handle: OpaquePointer
    let path: String
    let purpose: String

    deinit {
        sqlite3_finalize(handle)
    }

    /// Calls `body` for the rows until it returns false.
    func scan(
        _ bind: (inout Arguments) -> Void = { _ in },
        while body: (inout Row) throws -> Bool
    ) throws {
        defer { sqlite3_reset(handle) }
        var arguments = Arguments(handle)
        bind(&arguments)
        guard arguments.status == SQLITE_OK else { throw error(arguments.status) }
        assert(arguments.count == sqlite3_bind_parameter_count(handle), purpose)
        while true {
            let status = sqlite3_step(handle)
            switch status {
            case SQLITE_ROW:
                var row = Row(handle: handle, path: path, purpose: purpose)
                guard try body(&row) else { return }
            case SQLITE_DONE:
                return
            default:
                throw error(status)
            }
        }
    }

    private func error(_ status: Int32) -> StoreError {
        .sqlite(
            Connection.failure(
                of: sqlite3_db_handle(handle),
                path: path,
                purpose: purpose,
                status: status
            )
        )
    }
}

/// The arguments of a statement, in the order of its question marks.
struct Arguments {
    private let handle: OpaquePointer
    private(set) var count: Int32 = 0
    /// The first failure; the statement throws it before it runs.
    private(set) var status = SQLITE_OK

    init(_ handle: OpaquePointer) {
        self.handle = handle
    }

    mutating func add(_ value: some ColumnConvertible) {
        count += 1
        let result: Int32
        switch value.column {
        case .null: result = sqlite3_bind_null(handle, count)
        case .integer(let number): result = sqlite3_bind_int64(handle, count, number)
        case .bytes(let bytes):
            result = csqlite_bind_blob(handle, count, bytes, UInt64(bytes.count))
        case .text(var text):
            result = text.withUTF8 { bytes in
                guard let base = bytes.baseAddress else {
                    return csqlite_bind_text(handle, count, "", 0)
                }
                return base.withMemoryRebound(to: CChar.self, capacity: bytes.count) {
                    csqlite_bind_text(handle, count, $0, UInt64(bytes.count))
                }
            }
        }
        if status == SQLITE_OK { status = result }
    }
}

/// A value of a column, in SQLite's types.
enum ColumnValue {
    case null
    case integer(Int64)
    case text(String)
    case bytes([UInt8])
}

/// A type that a column can hold.
protocol ColumnConvertible {
    var column: ColumnValue { get }
}

extension Int64: ColumnConvertible { var column: ColumnValue { .integer(self) } }
extension Int: ColumnConvertible { var column: ColumnValue { .integer(Int64(self)) } }
extension Bool: ColumnConvertible { var column: ColumnValue { .integer(self ? 1 : 0) } }
extension String: ColumnConvertible { var column: ColumnValue { .text(self) } }
extension [UInt8]: ColumnConvertible { var column: ColumnValue { .bytes(self) } }
extension Instant: ColumnConvertible { var column: ColumnValue { .integer(milliseconds) } }
extension EventID: ColumnConvertible { var column: ColumnValue { .text(description) } }
extension TokenID: ColumnConvertible { var column: ColumnValue { .text(text) } }

extension Optional: ColumnConvertible where Wrapped: ColumnConvertible {
    var column: ColumnValue { self?.column ?? .null }
}

/// The columns of one row, read from left to right.
struct Row {
    fileprivate let handle: OpaquePointer
    fileprivate let path: String
    fileprivate let purpose: String
    fileprivate var column: Int32 = -1
    /// The error about an instant that was read as the nearest valid one.
    fileprivate var problem: StoreError?

    /// Returns an error about a value that this program does not write, without the value.
    func damaged(_ problem: String) -> StoreError {
        let name = sqlite3_column_name(handle, column).map { String(cString: $0) } ?? "?"
        return .damaged(path, purpose, "\(name) \(problem)")
    }

    mutating func optionalInteger() -> Int64? {
        column += 1
        guard sqlite3_column_type(handle, column) != SQLITE_NULL else { return nil }
        return sqlite3_column_int64(handle, column)
    }

    mutating func optionalText() -> String? {
        column += 1
        guard let bytes = sqlite3_column_text(handle, column) else { return nil }
        let count = Int(sqlite3_column_bytes(handle, column))
        return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    }

    mutating func optionalBytes() -> [UInt8]? {
        column += 1
        guard sqlite3_column_type(handle, column) != SQLITE_NULL else { return nil }
        let count = Int(sqlite3_column_bytes(handle, column))
        guard let bytes = sqlite3_column_blob(handle, column) else { return [] }
        return Array(UnsafeRawBufferPointer(start: bytes, count: count))
    }

    /// Reads an impossible instant as the nearest valid one, and records it for `finish`.
    mutating func optionalInstant() -> Instant? {
        guard let milliseconds = optionalInteger() else { return nil }
        let instant = Instant(milliseconds: milliseconds)
        let range = Instant.writable
        guard range.contains(instant) else {
            problem = problem ?? damaged("is no instant")
            return min(max(instant, range.lowerBound), range.upperBound)
        }
        return instant
    }

    /// Throws the error about an instant, if there was one.
    func finish() throws {
        if let problem { throw problem }
    }

    mutating func integer() throws -> Int64 { try present { $0.optionalInteger() } }

    mutating func flag() throws -> Bool {
        let value = try integer()
        guard value == 0 || value == 1 else { throw damaged("is neither 0 nor 1") }
        return value == 1
    }

    /// Reads a number that can be increased without overflow.
    mutating func count() throws -> Int {
        let value = try integer()
        guard (0...Self.greatestCount).contains(value) else { throw damaged("is no count") }
        return Int(value)
    }

    private static let greatestCount: Int64 = 1 << 53

    mutating func instant() throws -> Instant { try present { $0.optionalInstant() } }
    mutating func text() throws -> String { try present { $0.optionalText() } }
    mutating func bytes() throws -> [UInt8] { try present { $0.optionalBytes() } }

    private mutating func present<Value>(
        _ read: (inout Row) throws -> Value?
    ) throws -> Value {
        guard let value = try read(&self) else { throw damaged("is missing") }
        return value
    }

    /// Reads one of an enumeration's words.
    mutating func word<Word: RawRepresentable<String>>(_ type: Word.Type) throws -> Word {
        try present { try $0.optionalWord(type) }
    }

    mutating func optionalWord<Word: RawRepresentable<String>>(_ type: Word.Type) throws -> Word? {
        guard let text = optionalText() else { return nil }
        guard let word = Word(rawValue: text) else { throw damaged("is an unknown word") }
        return word
    }

    mutating func eventID() throws -> EventID {
        guard let id = EventID(try text()) else { throw damaged("is not an event id") }
        return id
    }

    /// Reads a JSON array of strings.
    mutating func optionalTexts() throws -> [String]? {
        try optionalText().map { try texts(of: $0) }
    }

    /// Returns the strings of the last column that was read, from its text.
    func texts(of text: String) throws -> [String] {
        guard let texts = TextArray.read(text) else { throw damaged("is not an array of texts") }
        return texts
    }
}
