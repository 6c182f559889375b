import Alerting

extension Query {
    static let upsertMute = Query(
        "writing a mute",
        """
        INSERT OR REPLACE INTO mutes (kind, name, muted_by, reason, since, until)
        VALUES (?, ?, ?, ?, ?, ?)
        """
    )

    static let deleteMute = Query(
        "removing a mute",
        "DELETE FROM mutes WHERE kind = ? AND name = ?"
    )

    static let selectMutes = Query(
        "reading the mutes",
        "SELECT kind, name, muted_by, reason, since, until FROM mutes"
    )
}

extension Connection {
    /// Writes the mute of a scope; nil for one that has ended.
    func write(_ mute: Mute?, of scope: Mute.Scope) throws {
        guard let mute else { return try run(.deleteMute, scope.kind, scope.name) }
        try run(
            .upsertMute,
            scope.kind,
            scope.name,
            mute.by,
            mute.reason,
            mute.since,
            mute.until
        )
    }

    /// Reads the mutes; an unreadable one does not apply: better one notification too many.
    func loadMutes(into stored: inout StoredState) throws {
        try each(.selectMutes) { row in
            let (kind, name) = (row.optionalText() ?? "", row.optionalText() ?? "")
            do {
                guard let scope = Mute.Scope(kind: kind, name: name) else {
                    throw row.damaged("is an unknown word, or no name")
                }
                let mute = Mute(
                    scope: scope,
                    by: try row.text(),
                    reason: try row.text(),
                    since: try row.instant(),
                    until: try row.instant()
                )
                try row.finish()
                stored.mutes.append(mute)
            } catch let error as StoreError {
                stored.unreadable.add(UnreadableRow("mutes", "\(kind) \(name)", error.problem))
                stored.unusableMutes.append((kind, name))
            }
        }
    }
}
