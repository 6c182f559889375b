import Alerting
import CSQLite

/// One SQL statement and its purpose.
///
/// A class, so that the statement prepared from it is found by identity.
final class Query: Sendable {
    /// The purpose as in an error before "failed": `writing a token`.
    let purpose: String
    let sql: String

    init(_ purpose: String, _ sql: String) {
        self.purpose = purpose
        self.sql = sql
    }
}

/// One SQLite connection; only one thread at a time may use it.
struct Connection: ~Copyable {
    enum Mode {
        case readWrite
        case readOnly
    }

    /// The database file.
    package let path: String
    private var handle: OpaquePointer?
    private let prepared = PreparedStatements()

    /// Opens an existing file without reading it yet.
    init(path: String, mode: Mode) throws(StoreError) {
        self.path = path
        let access = mode == .readWrite ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY
        // No mutex: an actor on one queue owns the connection.
        let status = sqlite3_open_v2(path, &handle, access | SQLITE_OPEN_NOMUTEX, nil)
        guard status == SQLITE_OK, let handle else {
            let failure = Self.failure(of: handle, path: path, purpose: "opening", status: status)
            sqlite3_close_v2(handle)
            self.handle = nil
            throw .sqlite(failure)
        }
        sqlite3_extended_result_codes(handle, 1)
        // An operator's sqlite3 shell may hold the lock for a moment.
        sqlite3_busy_timeout(handle, Self.patience)
    }

    /// Milliseconds to wait for another connection's lock.
    private static let patience = Int32(Store.lockPatience.milliseconds)

    deinit {
        prepared.removeAll()
        sqlite3_close_v2(handle)
    }

    /// Closes the connection; every later call throws `StoreError.closed`.
    mutating func close() {
        prepared.removeAll()
        sqlite3_close_v2(handle)
        handle = nil
    }

    var isClosed: Bool { handle == nil }

    /// Sets whether closing may write the log into the database, which is the default.
    func setCheckpointsOnClose(_ checkpoints: Bool) {
        guard let handle else { return }
        csqlite_set_no_checkpoint_on_close(handle, checkpoints ? 0 : 1)
    }

    /// Writes the whole log into the database and empties it.
    ///
    /// - Returns: false if a reader, or an error, prevented it for that long.
    func emptyLog(within patience: Duration) -> Bool {
        guard let handle else { return false }
        sqlite3_busy_timeout(handle, Int32(clamping: patience.milliseconds))
        defer { sqlite3_busy_timeout(handle, Self.patience) }
        let isBusy = try? integer("PRAGMA wal_checkpoint(TRUNCATE)", for: "emptying the log")
        return isBusy == 0
    }

    /// Reads the database and its log to the end, bypassing SQLite's cache and its checks.
    ///
    /// - Throws: `StoreError.failed` if a read fails.
    func readFiles() throws {
        guard let handle else { throw StoreError.closed(path: path) }
        // The log is open after the first attempt to read, regardless of the result.
        _ = try? integer("PRAGMA user_version", for: "opening its log")
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        for file in [SQLITE_FCNTL_FILE_POINTER, SQLITE_FCNTL_JOURNAL_POINTER] {
            let status = csqlite_read_file(handle, file, &buffer, Int32(buffer.count))
            guard status == SQLITE_OK else {
                let purpose = "reading it whole"
                throw StoreError.sqlite(
                    Self.failure(of: nil, path: path, purpose: purpose, status: status)
                )
            }
        }
    }

    /// Uses the statement of a query, prepared at its first use and kept.
    func with<Result>(
        _ query: Query,
        _ body: (borrowing Statement) throws -> Result
    ) throws -> Result {
        do {
            if let kept = prepared[query] { return try body(kept.statement) }
            let flags = UInt32(SQLITE_PREPARE_PERSISTENT)
            let kept = PreparedStatement(try prepare(query, flags: flags))
            prepared[query] = kept
            return try body(kept.statement)
        } catch {
            forgetPages(after: error)
            throw error
        }
    }

    /// Drops the pages in memory after damage.
    ///
    /// A read may have gone wrong, and the next attempt must not find its result there.
    private func forgetPages(after error: any Error) {
        guard case StoreError.damaged? = error as? StoreError, let handle else { return }
        sqlite3_db_release_memory(handle)
    }

    /// Runs a query without result.
    func run(_ query: Query, _ values: any ColumnConvertible...) throws {
        try scan(query, values) { _ in true }
    }

    /// Runs a query without result, with so many arguments that they are added one by one.
    func run(_ query: Query, _ bind: (inout Arguments) -> Void) throws {
        try with(query) { try $0.scan(bind) { _ in true } }
    }

    /// Calls `body` for every row.
    func each(
        _ query: Query,
        _ values: any ColumnConvertible...,
        body: (inout Row) throws -> Void
    ) throws {
        try scan(query, values) { row in
            try body(&row)
            return true
        }
    }

    /// Returns the number that a query finds.
    func count(_ query: Query, _ values: any ColumnConvertible...) throws -> Int {
        var count = 0
        try scan(query, values) { row in
            count = try row.count()
            return false
        }
        return count
    }

    /// Calls `body` for the rows until it returns false.
    func scan(
        _ query: Query,
        _ values: [any ColumnConvertible] = [],
        while body: (inout Row) throws -> Bool
    ) throws {
        try with(query) { statement in
            try statement.scan {
                for value in values { $0.add(value) }
            } while: {
                try body(&$0)
            }
        }
    }

    /// Runs SQL of one or more statements without arguments, and does not keep it.
    func execute(_ sql: String, for purpose: String) throws {
        guard let handle else { throw StoreError.closed(path: path) }
        let status = sqlite3_exec(handle, sql, nil, nil, nil)
        guard status == SQLITE_OK else { throw error(purpose, status) }
    }

    /// Returns the first column of the first row, as an integer.
    func integer(_ sql: String, for purpose: String) throws -> Int64? {
        try first(sql, for: purpose) { try $0.integer() }
    }

    /// Returns the first column of the first row, as text.
    func text(_ sql: String, for purpose: String) throws -> String? {
        try first(sql, for: purpose) { try $0.text() }
    }

    /// The number of rows that the last statement changed.
    var changes: Int {
        handle.map { Int(sqlite3_changes64($0)) } ?? 0
    }

    /// Runs all of the body's writes, or none of them if it throws.
    func transaction<Result>(_ body: () throws -> Result) throws -> Result {
        try run(.begin)
        do {
            let result = try body()
            try run(.commit)
            return result
        } catch {
            // SQLite itself rolls back if the disk is full:
            // https://www.sqlite.org/lang_transaction.html
            if let handle, sqlite3_get_autocommit(handle) == 0 { try? run(.rollback) }
            forgetPages(after: error)
            throw error
        }
    }

    /// Runs the body's reads on the database as it is at the first of them.
    func reading<Result>(_ body: () throws -> Result) throws -> Result {
        try run(.beginReading)
        // Nothing was written, so the kind of end does not matter.
        defer { try? run(.rollback) }
        return try body()
    }

    private func first<Value>(
        _ sql: String,
        for purpose: String,
        _ read: (inout Row) throws -> Value
    ) throws -> Value? {
        let statement = try prepare(Query(purpose, sql), flags: 0)
        var value: Value?
        var isFirst = true
        // Run it to the end: a writing statement, such as PRAGMA journal_mode, may fail after its
        // row.
        try statement.scan { row in
            if isFirst { value = try read(&row) }
            isFirst = false
            return true
        }
        return value
    }

    private func prepare(_ query: Query, flags: UInt32) throws -> Statement {
        guard let handle else { throw StoreError.closed(path: path) }
        var pointer: OpaquePointer?
        let status = sqlite3_prepare_v3(handle, query.sql, -1, flags, &pointer, nil)
        guard status == SQLITE_OK, let pointer else { throw error(query.purpose, status) }
        return Statement(handle: pointer, path: path, purpose: query.purpose)
    }

    private func error(_ purpose: String, _ status: Int32) -> StoreError {
        .sqlite(Self.failure(of: handle, path: path, purpose: purpose, status: status))
    }

    static func failure(
        of handle: OpaquePointer?,
        path: String,
        purpose: String,
        status: Int32
    ) -> StoreFailure {
        let message = handle.map { sqlite3_errmsg($0) } ?? sqlite3_errstr(status)
        return StoreFailure(
            path: path,
            purpose: purpose,
            message: message.map { String(cString: $0) } ?? "no message",
            code: handle.map { sqlite3_extended_errcode($0) } ?? status
        )
    }
}

extension Query {
    static let begin = Query("beginning a transaction", "BEGIN IMMEDIATE")
    static let beginReading = Query("beginning to read", "BEGIN DEFERRED")
    static let commit = Query("committing", "COMMIT")
    static let rollback = Query("rolling back", "ROLLBACK")
}

/// The statements that a connection keeps, found by their query.
private final class PreparedStatements {
    private var statements: [ObjectIdentifier: PreparedStatement] = [:]

    subscript(query: Query) -> PreparedStatement? {
        get { statements[ObjectIdentifier(query)] }
        set { statements[ObjectIdentifier(query)] = newValue }
    }

    func removeAll() {
        statements.removeAll()
    }
}

/// A box, because a dictionary can only contain copyable values.
private final class PreparedStatement {
    let statement: Statement

    init(_ statement: consuming Statement) {
        self.statement = statement
    }
}
