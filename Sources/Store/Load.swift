import Alerting
import Formats

extension Store {
    /// Reads everything that survived, at the start.
    ///
    /// An unreadable row affects only itself: the result names it, and a row that nothing will
    /// overwrite is removed.
    /// - Throws: `StoreError.damaged` if SQLite cannot read the database.
    package func load() throws -> StoredState {
        var stored = try connection.storedState()
        if hasLostDigestKey {
            stored.unreadable.add(
                UnreadableRow(
                    "meta",
                    "digest_key",
                    "was missing or damaged; secrets that were replaced meanwhile are not noticed"
                )
            )
        }
        try transaction {
            for row in stored.unusableTokens {
                try connection.run(.deleteTokenRow, row)
            }
            for (subject, condition) in stored.unusableAlerts {
                try connection.run(.deleteAlert, subject, condition)
            }
            for (kind, name) in stored.unusableMutes {
                try connection.run(.deleteMute, kind, name)
            }
            try connection.run(.deleteLastDeliveries)
            if connection.changes > 0 {
                stored.unreadable.add(
                    UnreadableRow("deliveries", nil, "id leaves no room for more of them")
                )
            }
            try connection.run(.noteStop, false)
        }
        return stored
    }
}

extension StoreReader {
    /// Reads everything that is stored at one instant, and changes nothing.
    ///
    /// - Throws: `StoreError.unusable` if another version wrote it.
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
    func storedState() throws -> StoredState {
        var stored = StoredState()
        try loadDigestKey(into: &stored)
        try loadTokens(into: &stored)
        try loadAlerts(into: &stored)
        stored.channels = try channelMarks()
        try loadMutes(into: &stored)
        try loadNewest(into: &stored)
        try loadClockDispute(into: &stored)
        try loadStop(into: &stored)
        return stored
    }

    private func loadStop(into stored: inout StoredState) throws {
        try each(.selectStop) { row in
            switch row.optionalInteger() {
            case 1: stored.wasStoppedInOrder = true
            case 0: break
            default:
                let problem = row.damaged("is neither 0 nor 1").problem
                stored.unreadable.add(UnreadableRow("meta", "stopped_in_order", problem))
            }
        }
    }

    private func loadDigestKey(into stored: inout StoredState) throws {
        try each(.selectDigestKey) { stored.digestKey = try $0.bytes() }
    }

    private func loadTokens(into stored: inout StoredState) throws {
        // Facts are shared at once: copies that are freed later would leave holes in memory.
        var shared = SharedFacts()
        let count = try integer("SELECT count(*) FROM tokens", for: "counting the tokens")
        stored.tokens.reserveCapacity(Int(count ?? 0))
        try each(.selectTokens) { row in
            let number = try row.integer()
            let name = row.optionalText()
            guard let id = name.flatMap({ TokenID($0) }) else {
                let problem = row.damaged("is not a token id").problem
                stored.unreadable.add(UnreadableRow("tokens", name, problem))
                stored.unusableTokens.append(number)
                return
            }
            var known: Facts?
            do {
                let state = try row.tokenState(&shared, known: &known)
                try row.finish()
                stored.newestInstant = later(stored.newestInstant, state.lastPollAt)
                stored.tokens[id] = state
            } catch let error as StoreError {
                // The token is polled at once, and keeps its alerts and its readable facts.
                stored.unreadable.add(UnreadableRow("tokens", id.text, error.problem))
                stored.tokens[id] = TokenState()
                stored.tokens[id]?.known = known
            }
        }
    }

    private func loadAlerts(into stored: inout StoredState) throws {
        try each(.selectAlerts) { row in
            let subject = row.optionalText() ?? ""
            let condition = row.optionalText() ?? ""
            do {
                let alert = try row.alert(condition)
                try row.finish()
                guard stored.add(alert, of: subject) else {
                    throw row.damaged("has no token, host, channel or daemon of its subject")
                }
            } catch let error as StoreError {
                let name = "\(subject) \(condition)"
                stored.unreadable.add(UnreadableRow("alerts", name, error.problem))
                stored.unusableAlerts.append((subject, condition))
            }
        }
    }

    /// Reads the last report of a wrong clock; with unreadable details it is still wrong.
    private func loadClockDispute(into stored: inout StoredState) throws {
        let alerts = stored.subjectAlerts[.daemon] ?? []
        guard alerts.contains(where: { $0.condition == .clockWrong }) else { return }
        stored.clockDispute = ClockWatch.Dispute(hosts: [], belief: .local)
        try each(.selectClockDispute) { row in
            let body = Array(try row.text().utf8)
            let details = (try? JSONValue(parsing: body))?["details"]
            let believed = details?["believed"]?.string
            stored.clockDispute = ClockWatch.Dispute(
                hosts: details?["hosts"]?.elements?.compactMap(\.string) ?? [],
                belief: believed.flatMap(ClockWatch.Belief.init) ?? .local
            )
        }
    }

    private func loadNewest(into stored: inout StoredState) throws {
        try scan(.selectNewestEvent) { row in
            // A damaged id is skipped: the ones before it suffice.
            guard let id = EventID(try row.text()) else { return true }
            stored.lastEventID = id
            stored.newestInstant = later(stored.newestInstant, row.optionalInstant())
            return false
        }
    }
}

extension StoredState {
    /// - Returns: false if there is nothing to which it could belong.
    fileprivate mutating func add(_ alert: Alert, of subject: String) -> Bool {
        if subject == SubjectKey.of(.daemon as AlertSubject) {
            subjectAlerts[.daemon, default: []].append(alert)
        } else if let host = subject.rest(after: "host:") {
            subjectAlerts[.host(host), default: []].append(alert)
        } else if let name = subject.rest(after: "channel:") {
            subjectAlerts[.channel(name), default: []].append(alert)
        } else if let id = subject.rest(after: "token:").flatMap({ TokenID($0) }),
            let state = tokens[id]
        {
            var alert = alert
            alert.isUnconfirmed = state.unconfirmed.contains(alert.condition)
            tokens[id]?.alerts.append(alert)
        } else {
            return false
        }
        return true
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
    /// Records whether the run ended cleanly.
    static let noteStop = Query(
        "noting how the run ends",
        "INSERT OR REPLACE INTO meta (key, value) VALUES ('stopped_in_order', ?)"
    )

    fileprivate static let selectStop = Query(
        "reading how the last run ended",
        "SELECT value FROM meta WHERE key = 'stopped_in_order'"
    )

    fileprivate static let deleteTokenRow = Query(
        "removing a row that cannot be read",
        "DELETE FROM tokens WHERE row = ?"
    )

    /// Deletes rows with the greatest ids: ids are never reused, so none could be inserted after.
    fileprivate static let deleteLastDeliveries = Query(
        "removing deliveries with impossible ids",
        "DELETE FROM deliveries WHERE id > 4611686018427387904"
    )

    static let noteUncertainUse = Query(
        "noting polls that are not remembered",
        "UPDATE tokens SET use_uncertain_until = ?"
    )

    fileprivate static let selectClockDispute = Query(
        "reading the report about the clock",
        """
        SELECT body FROM events
        WHERE type = 'clock_wrong' AND phase IN ('raised', 'escalated', 'reminded')
        ORDER BY id DESC LIMIT 1
        """
    )

    // Selects the newest event, which is never pruned, so that ids always ascend.
    fileprivate static let selectNewestEvent = Query(
        "reading the newest event",
        """
        SELECT id, (SELECT max(at) FROM events WHERE at < 253402300800000) FROM events
        ORDER BY id DESC
        """
    )
}
