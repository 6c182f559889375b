package import Alerting

extension Store {
    /// How many rows go in one transaction, so that a commit waits a few milliseconds at most.
    private static let chunk = 500

    /// Deletes what ended longer ago than `keep`, in many short transactions.
    ///
    /// What stays, whatever its age: the present span of a token, an event that raised an alert
    /// that still holds or that waits for a channel, and the newest event. Commits come in between.
    /// - Returns: how many spans and events were deleted.
    @discardableResult
    package func prune(now: Instant, keep: Duration) async throws -> Int {
        let cutoff = now - keep
        var deleted = 0
        for step in [deleteSpans, deleteEvents] {
            while true {
                let count = try step(cutoff)
                deleted += count
                guard count == Self.chunk else { break }
                await Task.yield()
            }
        }
        return deleted
    }

    private func deleteSpans(before cutoff: Instant) throws -> Int {
        try connection.transaction {
            try connection.run(.deleteSpans) { arguments in
                arguments.add(cutoff)
                arguments.add(Self.chunk)
            }
            let count = connection.changes
            try returnPages()
            return count
        }
    }

    private func deleteEvents(before cutoff: Instant) throws -> Int {
        try connection.transaction {
            var events: [String] = []
            try connection.with(.selectOldEvents) { statement in
                try statement.each { arguments in
                    arguments.add(cutoff)
                    arguments.add(Self.chunk)
                } _: { row in
                    events.append(try row.text())
                }
            }
            for event in events {
                try connection.run(.deleteDeliveriesOfEvent) { $0.add(event) }
                try connection.run(.deleteEvent) { $0.add(event) }
            }
            try returnPages()
            return events.count
        }
    }

    /// Gives a bounded number of free pages back to the file system.
    private func returnPages() throws {
        try connection.run(.returnPages)
    }
}

extension Query {
    fileprivate static let deleteSpans = Query(
        "removing old spans",
        """
        DELETE FROM spans WHERE id IN
            (SELECT id FROM spans WHERE until_at IS NOT NULL AND until_at < ? LIMIT ?)
        """
    )

    fileprivate static let selectOldEvents = Query(
        "finding old events",
        """
        SELECT id FROM events WHERE at < ?
            AND NOT EXISTS (SELECT 1 FROM deliveries
                WHERE event_id = events.id AND given_up_at IS NULL)
            AND NOT EXISTS (SELECT 1 FROM alerts WHERE alerts.id = events.id)
            AND id < (SELECT max(id) FROM events)
        LIMIT ?
        """
    )

    fileprivate static let deleteDeliveriesOfEvent = Query(
        "removing deliveries that were given up",
        "DELETE FROM deliveries WHERE event_id = ?"
    )

    fileprivate static let deleteEvent = Query(
        "removing an old event",
        "DELETE FROM events WHERE id = ?"
    )

    fileprivate static let returnPages = Query(
        "returning free pages",
        "PRAGMA incremental_vacuum(1000)"
    )
}
