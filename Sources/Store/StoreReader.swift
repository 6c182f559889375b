package import Alerting
import Glibc
import System

/// One event as every channel and the socket show it.
package struct StoredEventLine: Hashable, Sendable {
    package let id: EventID
    /// The event's JSON, without a line feed.
    package let body: String
}

/// A time during which every poll of a token gave the same result.
package struct StoredSpan: Hashable, Sendable {
    package let from: Instant
    /// The end; nil while it lasts.
    package let until: Instant?
    package let outcome: Outcome?
    package let error: String?
    /// The facts at that time, without the last use, which changes within a span.
    package let facts: Facts?
}

/// The start of a listing of events.
package enum EventsSince: Hashable, Sendable {
    /// The listing starts after this event.
    case event(EventID)
    /// The listing starts at this instant, and after this event.
    case instant(Instant, after: EventID = EventID(high: 0, low: 0))

    /// Returns the same start, after an event that was listed.
    package func after(_ id: EventID) -> EventsSince {
        switch self {
        case .event: .event(id)
        case .instant(let instant, _): .instant(instant, after: id)
        }
    }
}

/// Reads the record independently of the store: a read-only connection on its own queue.
///
/// No transaction lasts longer than a call, so that a slow client delays nothing.
package actor StoreReader {
    private nonisolated let executor: QueueExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    private let path: String
    private(set) var connection: Connection
    /// The identity of the open file: the store may have set it aside and begun another.
    private var file: DatabaseIdentity
    /// The receiver of each unreadable row, every time it is read.
    let report: @Sendable (UnreadableRow) -> Void

    /// Opens the database of a state directory, which this process need not hold.
    package init(
        directory: String,
        report: @escaping @Sendable (UnreadableRow) -> Void = { _ in }
    ) throws {
        self.report = report
        path = directory + "/" + StateDirectory.databaseName
        executor = QueueExecutor(label: "tokenwatchd.store.reader")
        file = try DatabaseIdentity(path: path)
        connection = try Self.open(path)
    }

    /// The bytes of event bodies read at once; a larger body is read alone.
    static let pageBytes = 256 << 10

    /// Returns at most `limit` events, the newest last, and no more than fill a page.
    ///
    /// With `since` they are the first events from there on, without it the newest ones.
    /// `changesOnly` selects the events of phase `changed`.
    package func events(
        since: EventsSince?,
        token: TokenID?,
        changesOnly: Bool,
        limit: Int
    ) throws -> [StoredEventLine] {
        try reopenIfReplaced()
        var lines: [StoredEventLine] = []
        var bytes = 0
        let query = Query.events(since: since, ofOneToken: token != nil, changesOnly: changesOnly)
        let start: [any ColumnConvertible] =
            switch since {
            case .event(let id): [id]
            case .instant(let instant, let id): [instant, id]
            case nil: []
            }
        try connection.scan(query, key(of: token) + start + [limit]) { row in
            guard let line = try row.eventLine() else { return true }
            bytes += line.body.utf8.count
            guard lines.isEmpty || bytes <= Self.pageBytes else { return false }
            lines.append(line)
            return true
        }
        if since == nil { lines.reverse() }
        return lines
    }

    /// Returns the event after which there are `limit` newest ones.
    package func beforeNewest(
        _ limit: Int,
        token: TokenID?,
        changesOnly: Bool
    ) throws -> EventsSince {
        try reopenIfReplaced()
        var id = EventID(high: 0, low: 0)
        let query = Query.beforeNewest(ofOneToken: token != nil, changesOnly: changesOnly)
        try connection.scan(query, key(of: token) + [limit]) { row in
            id = try row.eventID()
            return true
        }
        return .event(id)
    }

    /// Returns the argument of a query about one token; none for all tokens.
    private func key(of token: TokenID?) -> [any ColumnConvertible] {
        token.map { [SubjectKey.of($0)] } ?? []
    }

    /// Returns the last spans of a token, the newest last.
    package func spans(token: TokenID, limit: Int) throws -> [StoredSpan] {
        try reopenIfReplaced()
        var spans: [StoredSpan] = []
        var shared = SharedFacts()
        try connection.each(.selectSpans, token, limit) { row in
            do {
                spans.append(try row.span(&shared))
            } catch let error as StoreError {
                report(UnreadableRow("spans", token.text, error.problem))
            }
        }
        return spans.reversed()
    }

    /// Returns the numbers of pending and dropped deliveries, for each channel that has any.
    package func deliveryCounts() throws -> [DeliveryCount] {
        try reopenIfReplaced()
        return try connection.deliveryCounts()
    }

    /// Closes the connection; to be called before the store is closed, which removes its log.
    package func close() {
        connection.close()
    }

    func reopenIfReplaced() throws {
        guard !connection.isClosed, let present = try? DatabaseIdentity(path: path), present != file
        else { return }
        connection = try Self.open(path)
        file = present
    }

    private static func open(_ path: String) throws -> Connection {
        let connection = try Connection(path: path, mode: .readOnly)
        // A page that is read again is in the kernel's cache, so 256 KiB here are enough.
        try connection.execute(
            "PRAGMA trusted_schema = OFF; PRAGMA cache_size = -256",
            for: "opening"
        )
        return connection
    }
}

extension Row {
    fileprivate mutating func span(_ shared: inout SharedFacts) throws -> StoredSpan {
        let span = StoredSpan(
            from: try instant(),
            until: optionalInstant(),
            outcome: try optionalWord(Outcome.self),
            error: optionalText(),
            facts: try facts(&shared)
        )
        try finish()
        return span
    }
}

/// The file at a path.
struct DatabaseIdentity: Equatable {
    let device: UInt
    let number: UInt

    init(path: String) throws(StoreError) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw .unusable(path: path, problem: "cannot be read: \(reason(errno))")
        }
        device = UInt(status.st_dev)
        number = UInt(status.st_ino)
    }
}

extension Query {
    fileprivate static let selectSpans = Query(
        "reading spans",
        """
        SELECT from_at, until_at, outcome, error, name, account, permissions, created_at, expiry,
            expires_at, says_expired
        FROM spans WHERE token = ? ORDER BY id DESC LIMIT ?
        """
    )

    /// Returns the twelve listings of events; each is prepared once.
    fileprivate static func events(
        since: EventsSince?,
        ofOneToken: Bool,
        changesOnly: Bool
    ) -> Query {
        let start =
            switch since {
            case nil: 0
            case .event: 1
            case .instant: 2
            }
        return eventQueries[start * 4 + (ofOneToken ? 2 : 0) + (changesOnly ? 1 : 0)]
    }

    fileprivate static func beforeNewest(ofOneToken: Bool, changesOnly: Bool) -> Query {
        newestQueries[(ofOneToken ? 2 : 0) + (changesOnly ? 1 : 0)]
    }

    private static let newestQueries = filters(from: "").map { filter in
        Query(
            "finding where the newest events begin",
            "SELECT id FROM events\(filter) ORDER BY id DESC LIMIT 1 OFFSET ?"
        )
    }

    private static let eventQueries = ["", "id > ?", "at >= ? AND id > ?"].flatMap { start in
        filters(from: start).map { filter in
            Query(
                "reading events",
                "SELECT id, body, subject, at, type, phase, severity, summary FROM events\(filter)"
                    + " ORDER BY id" + (start.isEmpty ? " DESC" : "") + " LIMIT ?"
            )
        }
    }

    /// Returns the conditions on events, with and without one token, for all or changes only.
    private static func filters(from start: String) -> [String] {
        ["", "subject = ?"].flatMap { subject in
            ["", "phase = 'changed'"].map { phase in
                let conditions = [subject, start, phase].filter { !$0.isEmpty }
                return conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
            }
        }
    }
}
