package import Alerting

extension Store {
    /// The number of rows per transaction, so that a commit waits a few milliseconds at most.
    private static let chunk = 500

    /// The size without free pages above which the oldest record is removed despite `keep`.
    ///
    /// 100,000 tokens take about 50 MiB, and 1,000 of their events about 2 MiB.
    package static let largestDatabase = 1 << 30

    /// Deletes the oldest spans and events until the database is no larger than `bytes`.
    ///
    /// Rows that `prune` keeps regardless of age are kept here, too.
    /// - Returns: the number of deleted spans and events.
    package func trim(to bytes: Int) async throws -> Int {
        var deleted = 0
        while try usedBytes() > bytes {
            let count =
                try deleteSpans(before: .writable.upperBound)
                + deleteEvents(before: .writable.upperBound)
            guard count > 0 else { break }
            deleted += count
            await Task.yield()
        }
        return deleted
    }

    private func usedBytes() throws -> Int {
        let purpose = "measuring it"
        let pages = try connection.integer("PRAGMA page_count", for: purpose) ?? 0
        let free = try connection.integer("PRAGMA freelist_count", for: purpose) ?? 0
        let size = try connection.integer("PRAGMA page_size", for: purpose) ?? 0
        return Int(clamping: (pages - free) * size)
    }

    /// Deletes rows that ended longer ago than `keep`, in many short transactions.
    ///
    /// Some rows stay, regardless of age: the current span of a token, an event whose alert is
    /// active or pending for a channel, and the newest event. Commits happen in between.
    /// - Returns: the number of deleted spans and events.
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
            try connection.run(.deleteSpans, cutoff, Self.chunk)
            let count = connection.changes
            try connection.run(.returnPages)
            return count
        }
    }

    private func deleteEvents(before cutoff: Instant) throws -> Int {
        try connection.transaction {
            var events: [String] = []
            try connection.each(.selectOldEvents, cutoff, Self.chunk) {
                events.append(try $0.text())
            }
            for event in events {
                try connection.run(.deleteDeliveriesOfEvent, event)
                try connection.run(.deleteEvent, event)
            }
            try connection.run(.returnPages)
            return events.count
        }
    }
}

extension Query {
    fileprivate static let deleteSpans = Query(
        "removing old spans",
        """
        DELETE FROM spans WHERE id IN
            (SELECT id FROM spans WHERE until_at IS NOT NULL AND until_at < ?
                ORDER BY until_at LIMIT ?)
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
        ORDER BY at LIMIT ?
        """
    )

    fileprivate static let deleteDeliveriesOfEvent = Query(
        "removing dropped deliveries",
        "DELETE FROM deliveries WHERE event_id = ?"
    )

    fileprivate static let deleteEvent = Query(
        "removing an old event",
        "DELETE FROM events WHERE id = ?"
    )

    /// Returns a bounded number of free pages to the file system.
    fileprivate static let returnPages = Query(
        "returning free pages",
        "PRAGMA incremental_vacuum(1000)"
    )
}
