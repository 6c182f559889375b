import Alerting
import Glibc

/// An opened database, existing or new.
struct OpenDatabase: ~Copyable {
    let connection: Connection
    /// Whether its key of digests was missing or damaged, and was replaced.
    let hasLostDigestKey: Bool
    /// The path to which a damaged database was moved; nil if it was sound or new.
    var setAside: String?
    /// Whether a file without a table existed already.
    var wasEmpty: Bool

    /// The part of a database that is read before it counts as sound.
    enum Check {
        /// All pages of a database up to `largestCheckedBytes`.
        case atStart
        /// All pages, and every row that a start reads, because something suspicious was found.
        case whole
    }

    /// Opens the database for writing; sets a damaged one aside and begins a fresh one.
    ///
    /// A failed read looks like damage to SQLite, and the next one may succeed. So damage counts
    /// only if every attempt finds it, although all bytes could be read after each of them.
    static func open(
        in directory: StateDirectory,
        schema: Schema,
        now: Instant,
        check: Check = .atStart
    ) throws -> OpenDatabase {
        let wasEmpty = directory.hasEmptyDatabase
        var check = check
        for _ in 1...tries {
            do {
                var database = try openSound(in: directory, schema: schema, check: check)
                database.wasEmpty = database.wasEmpty || wasEmpty
                return database
            } catch StoreError.damaged {
                try readAll(of: directory.database)
                check = .whole
            }
        }
        let path = try directory.setDatabaseAside(at: now)
        var database = try openSound(in: directory, schema: schema, check: .atStart)
        database.setAside = path
        return database
    }

    /// The number of attempts that must find damage before a database is set aside.
    private static let tries = 3

    /// Reads the database and its log to the end, as SQLite reads them.
    ///
    /// - Throws: `StoreError.failed` if a read fails: then nothing is known about the content.
    private static func readAll(of path: String) throws {
        let connection = try Connection(path: path, mode: .readOnly)
        connection.setCheckpointsOnClose(false)
        try connection.readFiles()
    }

    /// The maximum size of a database that is checked completely at every start.
    ///
    /// 10,000 tokens are about 4 MiB and take about 12 ms. For a larger one, `load` reads the
    /// tables that matter, and SQLite checks each page as it is read.
    private static let largestCheckedBytes: Int64 = 16 << 20

    private static func openSound(
        in directory: StateDirectory,
        schema: Schema,
        check: Check
    ) throws -> OpenDatabase {
        let bytes = try directory.prepareDatabase()
        try refuseNewerHeader(directory.database, schema: schema)
        let connection = try Connection(path: directory.database, mode: .readWrite)
        // Until the database is known to be sound and ours, its log stays unchanged.
        connection.setCheckpointsOnClose(false)
        let version = try readVersion(connection, schema: schema)
        // Until the first checkpoint, all data is in the log.
        let lacksTables = version == 0 && bytes > 0
        if lacksTables, directory.logHasState {
            let problem = "it has no table, and its log is not empty"
            throw StoreError.damaged(directory.database, "reading its log", problem)
        }
        try configure(connection, isNew: version == 0)
        if version > 0, check == .whole || bytes <= largestCheckedBytes {
            try checkPages(connection)
        }
        try migrate(connection, from: version, schema: schema, directory: directory)
        let hasNewKey = try ensureDigestKey(connection)
        if check == .whole { _ = try connection.storedState() }
        connection.setCheckpointsOnClose(true)
        return OpenDatabase(
            connection: connection,
            hasLostDigestKey: hasNewKey && version > 0,
            wasEmpty: lacksTables
        )
    }

    /// Rejects a newer database by the file's first bytes, before SQLite creates a log next to it.
    ///
    /// https://www.sqlite.org/fileformat.html#the_database_header
    private static func refuseNewerHeader(_ path: String, schema: Schema) throws(StoreError) {
        var header = [UInt8](repeating: 0, count: 100)
        let file = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        let count = pread(file, &header, header.count, 0)
        close(file)
        guard count == header.count, header.starts(with: "SQLite format 3\0".utf8) else { return }
        let number = { (offset: Int) in
            header[offset..<offset + 4].reduce(0 as Int64) { $0 << 8 | Int64($1) }
        }
        guard number(68) == Schema.applicationID else { return }
        try schema.refuseNewer(number(60), path: path)
    }

    private static func readVersion(
        _ connection: borrowing Connection,
        schema: Schema
    ) throws -> Int {
        let purpose = "reading its version"
        let version = try connection.integer("PRAGMA user_version", for: purpose) ?? 0
        let application = try connection.integer("PRAGMA application_id", for: purpose)
        let tables = try connection.integer("SELECT count(*) FROM sqlite_schema", for: purpose)
        if application == 0, version == 0, tables == 0 { return 0 }
        guard application == Schema.applicationID, version > 0 else {
            throw StoreError.unusable(
                path: connection.path,
                problem: "is a database of another program; move it away"
            )
        }
        try schema.refuseNewer(version, path: connection.path)
        return Int(version)
    }

    private static func configure(_ connection: borrowing Connection, isNew: Bool) throws {
        let purpose = "setting it up"
        if isNew {
            // Only possible before the first table: https://www.sqlite.org/pragma.html
            try connection.execute("PRAGMA auto_vacuum = INCREMENTAL", for: purpose)
        }
        let mode = try connection.text("PRAGMA journal_mode = WAL", for: purpose)
        guard mode == "wal" else {
            throw StoreError.unusable(
                path: connection.path,
                problem: "cannot have a write-ahead log; it must be on a local file system"
            )
        }
        try connection.execute(
            """
            PRAGMA synchronous = FULL;
            PRAGMA foreign_keys = ON;
            PRAGMA trusted_schema = OFF;
            PRAGMA cell_size_check = ON;
            PRAGMA journal_size_limit = 16777216;
            PRAGMA cache_size = -512;
            """,
            for: purpose
        )
    }

    private static func checkPages(_ connection: borrowing Connection) throws {
        let purpose = "checking it"
        // A value that violates a table's constraints is the fault of its row, not of the file.
        try connection.execute("PRAGMA ignore_check_constraints = ON", for: purpose)
        defer { try? connection.execute("PRAGMA ignore_check_constraints = OFF", for: purpose) }
        let result = try connection.text("PRAGMA quick_check(1)", for: purpose)
        guard result == "ok" else {
            throw StoreError.damaged(connection.path, purpose, result ?? "no result")
        }
    }

    /// Creates the key of the secrets' digests if there is no usable one.
    ///
    /// - Returns: whether it created one. With another key, each secret would look new.
    private static func ensureDigestKey(_ connection: borrowing Connection) throws -> Bool {
        try connection.transaction {
            try connection.run(.deleteDamagedDigestKey, DigestKey.byteCount)
            try connection.run(.insertDigestKey, DigestKey.random())
            guard connection.changes > 0 else { return false }
            try connection.run(.forgetDigests)
            return true
        }
    }

    private static func migrate(
        _ connection: borrowing Connection,
        from version: Int,
        schema: Schema,
        directory: StateDirectory
    ) throws {
        guard version < schema.version else { return }
        if version > 0 {
            let copy = connection.path + ".before-v\(schema.version)"
            // A copy of an earlier attempt has no more content, because that attempt changed
            // nothing.
            unlink(copy)
            try connection.backUp(to: copy)
            directory.synchronize()
        }
        // All steps or none: after an interrupted start, the older state and its copy still exist.
        try connection.transaction {
            for (index, step) in schema.steps.enumerated().dropFirst(version) {
                try connection.execute(step, for: "bringing it to schema \(index + 1)")
            }
            // A missing key counts as a lost one, even if a crash prevented its creation.
            if version == 0 { try connection.run(.insertDigestKey, DigestKey.random()) }
            try connection.execute(
                """
                PRAGMA application_id = \(Schema.applicationID);
                PRAGMA user_version = \(schema.version);
                """,
                for: "bringing it to schema \(schema.version)"
            )
        }
    }
}

extension Schema {
    fileprivate func refuseNewer(_ found: Int64, path: String) throws(StoreError) {
        guard found > version else { return }
        throw .newerSchema(path: path, found: Int(found), known: version)
    }
}

/// The key of the secrets' digests, created once and kept with them.
enum DigestKey {
    static let byteCount = 32

    static func random() -> [UInt8] {
        // getrandom(2) on Linux.
        var generator = SystemRandomNumberGenerator()
        return (0..<byteCount).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }
}

extension Query {
    fileprivate static let insertDigestKey = Query(
        "making the digest key",
        "INSERT INTO meta (key, value) VALUES ('digest_key', ?) ON CONFLICT DO NOTHING"
    )
    fileprivate static let deleteDamagedDigestKey = Query(
        "checking the digest key",
        """
        DELETE FROM meta WHERE key = 'digest_key'
            AND NOT (typeof(value) = 'blob' AND length(value) = ?)
        """
    )
    fileprivate static let forgetDigests = Query(
        "forgetting digests",
        "UPDATE tokens SET secret = NULL"
    )
    static let selectDigestKey = Query(
        "reading the digest key",
        "SELECT value FROM meta WHERE key = 'digest_key'"
    )
}
