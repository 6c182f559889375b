import Alerting
import CSQLite

/// A prepared statement; reset after every use, so that it holds no transaction open.
struct Statement: ~Copyable {
    private let handle: OpaquePointer
    private let path: String
    private let purpose: String

    init(handle: OpaquePointer, path: String, purpose: String) {
        self.handle = handle
        self.path = path
        self.purpose = purpose
    }

    deinit {
        sqlite3_finalize(handle)
    }

    /// Runs it to its end; rows are dropped.
    func run(_ bind: (inout Arguments) -> Void = { _ in }) throws {
        try scan(bind) { _ in true }
    }

    /// Calls `body` for every row.
    func each(
        _ bind: (inout Arguments) -> Void = { _ in },
        _ body: (inout Row) throws -> Void
    ) throws {
        try scan(bind) { row in
            try body(&row)
            return true
        }
    }

    /// Calls `body` for the rows until it returns false.
    func scan(
        _ bind: (inout Arguments) -> Void = { _ in },
        while body: (inout Row) throws -> Bool
    ) throws {
        defer { sqlite3_reset(handle) }
        var arguments = Arguments(handle: handle)
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

/// The arguments of a statement, given in the order of its question marks.
struct Arguments {
    private let handle: OpaquePointer
    private(set) var count: Int32 = 0
    /// The first failure; the statement throws it before it runs.
    private(set) var status = SQLITE_OK

    init(handle: OpaquePointer) {
        self.handle = handle
    }

    mutating func add(_ number: Int64) {
        count += 1
        record(sqlite3_bind_int64(handle, count, number))
    }

    mutating func add(_ number: Int) {
        add(Int64(number))
    }

    mutating func add(_ number: Int64?) {
        guard let number else { return addNull() }
        add(number)
    }

    mutating func add(_ flag: Bool) {
        add(flag ? 1 as Int64 : 0)
    }

    mutating func add(_ instant: Instant) {
        add(instant.milliseconds)
    }

    mutating func add(_ instant: Instant?) {
        add(instant?.milliseconds)
    }

    mutating func add(_ text: String) {
        count += 1
        var text = text
        record(
            text.withUTF8 { bytes in
                guard let base = bytes.baseAddress else {
                    return csqlite_bind_text(handle, count, "", 0)
                }
                return base.withMemoryRebound(to: CChar.self, capacity: bytes.count) {
                    csqlite_bind_text(handle, count, $0, UInt64(bytes.count))
                }
            }
        )
    }

    mutating func add(_ text: String?) {
        guard let text else { return addNull() }
        add(text)
    }

    mutating func add(_ bytes: [UInt8]) {
        count += 1
        record(csqlite_bind_blob(handle, count, bytes, UInt64(bytes.count)))
    }

    mutating func addNull() {
        count += 1
        record(sqlite3_bind_null(handle, count))
    }

    private mutating func record(_ result: Int32) {
        if status == SQLITE_OK { status = result }
    }
}

/// The columns of one row, read from left to right.
struct Row {
    private let handle: OpaquePointer
    private let path: String
    private let purpose: String
    private var column: Int32 = -1
    /// The error about an instant that was read as the nearest valid one.
    private var problem: StoreError?

    init(handle: OpaquePointer, path: String, purpose: String) {
        self.handle = handle
        self.path = path
        self.purpose = purpose
    }

    /// An error about a value that this program does not write; it does not show the value.
    func damaged(_ problem: String) -> StoreError {
        let name = sqlite3_column_name(handle, column).map { String(cString: $0) } ?? "?"
        return .damaged(
            StoreFailure(
                path: path,
                purpose: purpose,
                message: "\(name) \(problem)",
                code: SQLITE_CORRUPT
            )
        )
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

    /// An impossible instant is read as the nearest valid one, and noted for `finish`.
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

    /// Throws what was wrong with an instant.
    func finish() throws {
        if let problem { throw problem }
    }

    mutating func integer() throws -> Int64 {
        guard let value = optionalInteger() else { throw damaged("is missing") }
        return value
    }

    mutating func flag() throws -> Bool {
        let value = try integer()
        guard value == 0 || value == 1 else { throw damaged("is neither 0 nor 1") }
        return value == 1
    }

    /// A number that can be counted on without overflow.
    mutating func count() throws -> Int {
        let value = try integer()
        guard (0...Self.greatestCount).contains(value) else { throw damaged("is no count") }
        return Int(value)
    }

    private static let greatestCount: Int64 = 1 << 53

    mutating func instant() throws -> Instant {
        guard let instant = optionalInstant() else { throw damaged("is missing") }
        return instant
    }

    mutating func text() throws -> String {
        guard let value = optionalText() else { throw damaged("is missing") }
        return value
    }

    mutating func bytes() throws -> [UInt8] {
        guard let value = optionalBytes() else { throw damaged("is missing") }
        return value
    }

    /// One of an enumeration's words.
    mutating func word<Word: RawRepresentable<String>>(_ type: Word.Type) throws -> Word {
        guard let word = Word(rawValue: try text()) else { throw damaged("is an unknown word") }
        return word
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

    /// A JSON array of strings.
    mutating func optionalTexts() throws -> [String]? {
        try optionalText().map { try texts(of: $0) }
    }

    /// The strings of the column that was read last, from its text.
    func texts(of text: String) throws -> [String] {
        guard let texts = TextArray.read(text) else { throw damaged("is not an array of texts") }
        return texts
    }
}
