package import Alerting
import Synchronization
package import System

/// The stored state: the one writing SQLite connection, on its own queue.
///
/// Every method is one transaction, whose writes are on the disk when it returns.
package actor Store {
    /// The time that a statement waits for another program's lock on the database.
    package static let lockPatience = Duration.seconds(5)

    package nonisolated let executor: QueueExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// The new path of a database that was damaged at the start; nil if it was sound or new.
    package nonisolated let setAside: String?

    /// The published figures, which can be read while the disk delays the store.
    private nonisolated let published = Mutex(StoreFigures())
    /// The remarks for an operator, until `takeRemarks`.
    nonisolated let remarks = Mutex<[String]>([])
    let directory: StateDirectory
    private let schema: Schema
    var connection: Connection
    /// The open files.
    var files: OpenFilesOfDatabase
    /// Whether a file without a table existed already.
    package nonisolated let wasEmpty: Bool
    /// Whether the key of the digests differs from the last run's.
    private(set) var hasLostDigestKey: Bool
    /// The name of this daemon in the events.
    private var instance: String

    /// Opens the database of a directory, or creates one.
    ///
    /// - Parameters:
    ///   - directory: the state directory, held until the store is closed.
    ///   - instance: the name of this daemon in the events.
    ///   - now: the time in the name of a damaged database that is set aside.
    /// - Throws: `StoreError`; damage is not an error here, see `setAside`.
    package init(directory: StateDirectory, instance: String, now: Instant) throws {
        try self.init(directory: directory, instance: instance, now: now, schema: .present)
    }

    init(directory: StateDirectory, instance: String, now: Instant, schema: Schema) throws {
        let database = try OpenDatabase.open(in: directory, schema: schema, now: now)
        executor = QueueExecutor(label: "tokenwatchd.store")
        self.directory = directory
        self.schema = schema
        self.instance = instance
        setAside = database.setAside
        wasEmpty = database.wasEmpty
        hasLostDigestKey = database.hasLostDigestKey
        connection = database.connection
        files = try OpenFilesOfDatabase(directory.database)
    }

    /// Names the daemon in events from now on.
    package func use(instance: String) {
        self.instance = instance
    }

    /// Reopens a database that turned out to be damaged, and sets it aside if it still is.
    ///
    /// - Returns: the new path; nil if it is sound, because only a read had failed. After it was
    ///   set aside, every state must be committed again, as new.
    package func reopen(now: Instant) throws -> String? {
        connection.setCheckpointsOnClose(false)
        connection.close()
        let database = try OpenDatabase.open(
            in: directory,
            schema: schema,
            now: now,
            check: .whole
        )
        let setAside = database.setAside
        hasLostDigestKey = hasLostDigestKey || database.hasLostDigestKey
        connection = database.connection
        files = try OpenFilesOfDatabase(directory.database)
        return setAside
    }

    /// Writes a batch: all of it is on the disk when this returns, or nothing if it throws.
    ///
    /// - Parameters:
    ///   - batch: the rows to write.
    ///   - longestOutbox: the maximum of pending deliveries for one channel.
    /// - Returns: the numbers of dropped deliveries, by channel.
    /// - Throws: `StoreError`.
    @discardableResult
    package func commit(
        _ batch: Batch,
        longestOutbox: Int = Store.longestOutbox
    ) throws -> [String: Int] {
        guard !batch.isEmpty else { return [:] }
        try refuseIfReplaced()
        return try transaction {
            for token in batch.forgotten {
                try forget(token, at: batch.at)
            }
            try write(batch.states, at: batch.at)
            for change in batch.subjectAlerts {
                switch change {
                case .holds(let subject, let alert):
                    try connection.write(alert, of: SubjectKey.of(subject))
                case .ended(let subject, let condition):
                    let key = SubjectKey.of(subject)
                    try connection.run(.deleteAlert, key, condition.rawValue)
                }
            }
            for (name, mark) in batch.channels { try connection.write(mark, of: name) }
            for (scope, mute) in batch.mutes { try connection.write(mute, of: scope) }
            for event in batch.events {
                try connection.write(event, instance: instance)
            }
            return try boundOutbox(
                Set(batch.events.flatMap(\.channels)),
                atMost: longestOutbox,
                at: batch.at
            )
        }
    }

    /// Records that unrecorded polls may have used the tokens up to an instant.
    package func noteUncertainUse(until instant: Instant) throws {
        try connection.run(.noteUncertainUse, instant)
    }

    /// Writes the log into the database, closes it and releases the directory.
    ///
    /// Every later call throws.
    package func close() throws {
        defer {
            connection.close()
            directory.release()
        }
        try connection.run(.noteStop, true)
        // A reader in the middle of a query keeps the log; nothing is lost.
        _ = try connection.integer("PRAGMA wal_checkpoint(TRUNCATE)", for: "closing")
    }

    /// Closes the store without writing anything, and releases the directory.
    func abandon() {
        connection.setCheckpointsOnClose(false)
        connection.close()
        directory.release()
    }

    /// Runs a transaction, and counts it.
    func transaction<Result>(_ body: () throws -> Result) throws -> Result {
        let start = ContinuousClock.now
        var succeeded = false
        defer {
            let duration = ContinuousClock.now - start
            published.withLock { $0.note(succeeded: succeeded, took: duration) }
        }
        let result = try connection.transaction(body)
        succeeded = true
        boundLog()
        return result
    }

    /// Returns the results of transactions since the start, without waiting.
    package nonisolated func figures() -> StoreFigures {
        var figures = published.withLock { $0 }
        figures.size = directory.databaseBytes
        return figures
    }

    private func forget(_ token: TokenID, at now: Instant) throws {
        try connection.run(.deleteToken, token)
        try connection.run(.deleteAlerts, SubjectKey.of(token))
        try connection.run(.endSpan, now, token)
    }

    private func write(_ states: [TokenWrite], at now: Instant) throws {
        // In the order of the ids, which is roughly the order of the rows, each page is read and
        // written once, even with a small cache.
        for place in states.indices.sorted(by: { states[$0].id < states[$1].id }) {
            let write = states[place]
            let isKnown = try update(write)
            if !isKnown {
                try connection.run(.insertToken, write.id)
                try rewrite(write)
            }
            if write.changesAlerts || !isKnown {
                try connection.replaceAlerts(of: SubjectKey.of(write.id), with: write.state.alerts)
            }
            if write.startsSpan || !isKnown { try startSpan(write, at: now) }
        }
    }

    /// - Returns: false if there is no such token in the store.
    private func update(_ write: TokenWrite) throws -> Bool {
        if write.changesRow {
            try rewrite(write)
        } else {
            try connection.run(.updateToken) { arguments in
                arguments.add(write.state.known?.lastUsedAt)
                arguments.add(write.state.lastPollAt)
                arguments.add(write.state.lastOkAt)
                arguments.add(write.state.verdictAt)
                arguments.add(write.state.pollsWithoutVerdict)
                arguments.add(write.state.failures)
                arguments.addWhatPollsMove(of: write.state.use)
                arguments.add(write.id)
            }
        }
        return connection.changes > 0
    }

    private func rewrite(_ write: TokenWrite) throws {
        try connection.run(.rewriteToken) { arguments in
            arguments.add(write.state)
            arguments.add(write.id)
        }
    }

    private func startSpan(_ write: TokenWrite, at now: Instant) throws {
        let beginning = write.state.lastPollAt ?? now
        try connection.run(.endSpan, beginning, write.id)
        try connection.run(.insertSpan) { arguments in
            arguments.add(write.id)
            arguments.add(beginning)
            arguments.add(write.state.lastOutcome?.rawValue)
            arguments.add(write.state.lastError)
            arguments.add(
                write.state.known,
                permissionsWithin: Arguments.longestRecordedPermissions
            )
        }
    }
}
