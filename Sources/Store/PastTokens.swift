package import Alerting

/// A token at a past instant, as far as the record reaches.
package struct PastToken: Hashable, Sendable {
    package let id: TokenID
    /// The last outcome.
    package let outcome: Outcome?
    package let error: String?
    /// The known facts, without the last use, which is not stored.
    package let facts: Facts?
    /// The active alerts.
    package var alerts: [PastAlert] = []
}

/// A past alert, and its last event.
package struct PastAlert: Hashable, Sendable {
    package let condition: Condition
    package var severity: Severity
    /// The id of the event that raised it.
    package let id: EventID
    package let since: Instant
    package var summary: String
}

extension StoreReader {
    /// Returns tokens that were watched at an instant, in the order of their ids.
    ///
    /// - Parameters:
    ///   - instant: the instant; later rows do not count.
    ///   - id: the id to start after; nil starts with the first.
    ///   - limit: the maximum of tokens.
    /// - Returns: the tokens; fewer than `limit` at the end.
    /// - Throws: `StoreError` if the record cannot be read.
    package func tokens(at instant: Instant, after id: TokenID?, limit: Int) throws -> [PastToken] {
        try reopenIfReplaced()
        return try connection.reading {
            var tokens: [PastToken] = []
            var shared = SharedFacts()
            var last = id?.text ?? ""
            var hasMore = true
            // Omitted rows must not look like the end.
            while hasMore, tokens.count < limit {
                hasMore = false
                let before = last
                let rest = limit - tokens.count
                try connection.each(.selectPastTokens, before, instant, instant, rest) { row in
                    last = try row.text()
                    do {
                        tokens.append(try row.pastToken(last, &shared))
                    } catch let error as StoreError {
                        report(UnreadableRow("spans", last, error.problem))
                        hasMore = true
                    }
                }
                // A damaged id can sort after itself, so a page that does not advance must end.
                hasMore = hasMore && last > before
            }
            for index in tokens.indices {
                tokens[index].alerts = try alerts(of: tokens[index].id, at: instant)
            }
            return tokens
        }
    }

    /// Returns the alerts of a token that were raised, and not resolved, at an instant.
    private func alerts(of id: TokenID, at instant: Instant) throws -> [PastAlert] {
        var open: [PastAlert] = []
        try connection.each(.selectPastAlerts, SubjectKey.of(id), instant) { row in
            // A damaged row is ignored.
            guard let event = EventID(try row.text()) else { return }
            let at = try row.instant()
            guard let condition = Condition(rawValue: try row.text()),
                let phase = Event.Phase(rawValue: try row.text()),
                let severity = Severity(rawValue: try row.text())
            else { return }
            let summary = try row.text()
            let index = open.firstIndex { $0.condition == condition }
            switch phase {
            case .resolved: open.removeAll { $0.condition == condition }
            case .raised:
                // `expired` replaces `expiring` without an event.
                open.removeAll {
                    $0.condition == condition
                        || (condition == .expired && $0.condition == .expiring)
                }
                open.append(
                    PastAlert(
                        condition: condition,
                        severity: severity,
                        id: event,
                        since: at,
                        summary: summary
                    )
                )
            case .escalated, .reminded:
                guard let index else { return }
                open[index].severity = severity
                open[index].summary = summary
            case .acknowledged, .unacknowledged, .changed: return
            }
        }
        return open
    }
}

extension Row {
    /// Reads the columns after the id.
    fileprivate mutating func pastToken(
        _ name: String,
        _ shared: inout SharedFacts
    ) throws -> PastToken {
        guard let id = TokenID(name) else { throw damaged("is not a token id") }
        let token = PastToken(
            id: id,
            outcome: try optionalWord(Outcome.self),
            error: optionalText(),
            facts: try facts(&shared)
        )
        try finish()
        return token
    }
}

extension Query {
    // Selects spans: at an instant a token has at most one, and where two meet, the newer counts.
    fileprivate static let selectPastTokens = Query(
        "reading the tokens of the past",
        """
        SELECT token, outcome, error, name, account, permissions, created_at, expiry, expires_at,
            says_expired
        FROM spans WHERE token > ? AND from_at <= ? AND (until_at IS NULL OR until_at > ?)
        GROUP BY token HAVING id = max(id) ORDER BY token LIMIT ?
        """
    )

    fileprivate static let selectPastAlerts = Query(
        "reading the alerts of the past",
        """
        SELECT id, at, type, phase, severity, summary
        FROM events WHERE subject = ? AND at <= ? AND phase <> 'changed' ORDER BY id
        """
    )
}
