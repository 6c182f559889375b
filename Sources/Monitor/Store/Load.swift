import Alerting

extension Store {
    /// Everything that survived, read at the start.
    ///
    /// - Throws: `StoreError.damaged` where a row is not one that this program writes.
    package func load() throws -> StoredState {
        let stored = try connection.storedState()
        try connection.run(.noteStop) { $0.add(Int64(0)) }
        return stored
    }
}

extension StoreReader {
    /// Everything that is stored now, of one instant; nothing of it is changed.
    ///
    /// - Throws: `StoreError.unusable` where another version wrote it.
    package func state() throws -> StoredState {
        try reopenIfReplaced()
        return try connection.reading {
            let version = try connection.integer(
                "PRAGMA user_version",
                for: "reading its version"
            )
            guard version == Int64(Schema.present.version) else {
                throw StoreError.unusable(
                    path: connection.path,
                    problem: "has schema \(version ?? 0), this tokenwatchd reads "
                        + "\(Schema.present.version): start the daemon of this version first"
                )
            }
            return try connection.storedState()
        }
    }
}

extension Connection {
    fileprivate func storedState() throws -> StoredState {
        var stored = StoredState(tokens: [:], subjectAlerts: [:], digestKey: [])
        try loadDigestKey(into: &stored)
        try loadTokens(into: &stored)
        try loadAlerts(into: &stored)
        try loadNewest(into: &stored)
        try loadClockDispute(into: &stored)
        stored.wasStoppedInOrder =
            try integer(
                "SELECT coalesce((SELECT value FROM meta WHERE key = 'stopped_in_order'), 0)",
                for: "reading how the last run ended"
            ) == 1
        return stored
    }

    private func loadDigestKey(into stored: inout StoredState) throws {
        try with(.selectDigestKey) { statement in
            try statement.each { row in
                stored.digestKey = try row.bytes()
                guard stored.digestKey.count == DigestKey.byteCount else {
                    throw row.damaged("is not \(DigestKey.byteCount) bytes")
                }
            }
        }
    }

    private func loadTokens(into stored: inout StoredState) throws {
        // Shared at once: copies that are given back later leave holes between what is kept.
        var shared = SharedFacts()
        let count = try integer("SELECT count(*) FROM tokens", for: "counting the tokens")
        stored.tokens.reserveCapacity(Int(count ?? 0))
        try with(.selectTokens) { statement in
            try statement.each { row in
                let id = try row.tokenID()
                let state = try row.tokenState(&shared)
                stored.newestInstant = later(stored.newestInstant, state.lastPollAt)
                stored.tokens[id] = state
            }
        }
    }

    private func loadAlerts(into stored: inout StoredState) throws {
        try with(.selectAlerts) { statement in
            try statement.each { row in
                let subject = try row.text()
                var alert = try row.alert()
                if subject == SubjectKey.of(.daemon as AlertSubject) {
                    stored.subjectAlerts[.daemon, default: []].append(alert)
                } else if let host = subject.rest(after: "host:") {
                    stored.subjectAlerts[.host(host), default: []].append(alert)
                } else if let name = subject.rest(after: "channel:") {
                    stored.subjectAlerts[.channel(name), default: []].append(alert)
                } else if let id = subject.rest(after: "token:").flatMap({ TokenID($0) }) {
                    // Without a token, an alert has nothing to stand on.
                    guard let state = stored.tokens[id] else { return }
                    alert.isUnconfirmed = state.unconfirmed.contains(alert.condition)
                    stored.tokens[id]?.alerts.append(alert)
                } else {
                    throw row.damaged("belongs to an unknown subject")
                }
            }
        }
    }

    /// What was said last of a clock that is wrong; with unreadable details it is wrong all the same.
    private func loadClockDispute(into stored: inout StoredState) throws {
        let alerts = stored.subjectAlerts[.daemon] ?? []
        guard alerts.contains(where: { $0.condition == .clockWrong }) else { return }
        stored.clockDispute = ClockWatch.Dispute(hosts: [], belief: .local)
        try with(.selectClockDispute) { statement in
            try statement.each { row in
                let body = Array(try row.text().utf8)
                let details = (try? JSONValue(parsing: body))?["details"]
                let believed = details?["believed"]?.string
                stored.clockDispute = ClockWatch.Dispute(
                    hosts: details?["hosts"]?.elements?.compactMap(\.string) ?? [],
                    belief: believed.flatMap(ClockWatch.Belief.init) ?? .local
                )
            }
        }
    }

    private func loadNewest(into stored: inout StoredState) throws {
        try with(.selectNewestEvent) { statement in
            try statement.scan(while: { row in
                // An id that is damaged is passed over: those before it are as good.
                guard let id = EventID(try row.text()) else { return true }
                stored.lastEventID = id
                stored.newestInstant = later(stored.newestInstant, row.optionalInstant())
                return false
            })
        }
    }
}

private func later(_ left: Instant?, _ right: Instant?) -> Instant? {
    guard let left, let right else { return left ?? right }
    return max(left, right)
}

extension String {
    fileprivate func rest(after prefix: String) -> String? {
        guard hasPrefix(prefix) else { return nil }
        return String(dropFirst(prefix.count))
    }
}

extension Query {
    /// Whether the run has ended in order.
    static let noteStop = Query(
        "noting how the run ends",
        "INSERT OR REPLACE INTO meta (key, value) VALUES ('stopped_in_order', ?)"
    )

    static let noteUncertainUse = Query(
        "noting polls that are not remembered",
        "UPDATE tokens SET use_uncertain_until = ?"
    )

    fileprivate static let selectClockDispute = Query(
        "reading what was said of the clock",
        """
        SELECT body FROM events
        WHERE type = 'clock_wrong' AND phase IN ('raised', 'escalated', 'reminded')
        ORDER BY id DESC LIMIT 1
        """
    )

    // The newest event is never pruned, so that ids ascend over everything ever written.
    fileprivate static let selectNewestEvent = Query(
        "reading the newest event",
        """
        SELECT id, (SELECT max(at) FROM events) FROM events ORDER BY id DESC
        """
    )
}
