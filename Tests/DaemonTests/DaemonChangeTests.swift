import Alerting
import Formats
import Monitor
import Sandbox
import Testing

/// One kind of change, and a token that it happens to.
struct ChangeRow: Sendable {
    let change: Change
    /// The token's.
    let id: String
    let severity: Severity
    var play = "permissions = [\"dns:list\", \"servers:list\"]\nexpires = \"2099-01-01T00:00:00Z\""
    /// What is changed at the provider; a new secret is written to its file too.
    let edit: String
    /// What `details` says, member by member; lists with spaces between.
    let details: [String: String]

    /// What happens to tokens that stay; `first_seen` and `forgotten` happen to each of them.
    static let all: [ChangeRow] = [
        ChangeRow(
            change: .permissionsChanged,
            id: "widened",
            severity: .warning,
            edit: #"{"permissions": ["dns:*", "servers:list"]}"#,
            details: ["direction": "widened", "added": "dns:*", "removed": "dns:list"]
        ),
        ChangeRow(
            change: .permissionsChanged,
            id: "narrowed",
            severity: .warning,
            edit: #"{"permissions": ["dns:list"]}"#,
            details: ["direction": "narrowed", "added": "", "removed": "servers:list"]
        ),
        ChangeRow(
            change: .permissionsChanged,
            id: "both",
            severity: .warning,
            edit: #"{"permissions": ["dns:list", "vps:*"]}"#,
            details: ["direction": "both", "added": "vps:*", "removed": "servers:list"]
        ),
        ChangeRow(
            change: .permissionsChanged,
            id: "rewritten",
            severity: .info,
            play: #"permissions = ["servers:list", "servers:*"]"#,
            edit: #"{"permissions": ["servers:*"]}"#,
            details: [
                "direction": "rewritten", "added": "", "removed": "servers:list",
                "permissions": "servers:*",
            ]
        ),
        ChangeRow(
            change: .expiryChanged,
            id: "extended",
            severity: .info,
            edit: #"{"expires": "2099-02-01T00:00:00Z"}"#,
            details: [
                "direction": "extended", "old": "2099-01-01T00:00:00Z",
                "new": "2099-02-01T00:00:00Z",
            ]
        ),
        ChangeRow(
            change: .expiryChanged,
            id: "shortened",
            severity: .warning,
            edit: #"{"expires": "2098-01-01T00:00:00Z"}"#,
            details: [
                "direction": "shortened", "old": "2099-01-01T00:00:00Z",
                "new": "2098-01-01T00:00:00Z",
            ]
        ),
        ChangeRow(
            change: .expiryChanged,
            id: "set",
            severity: .warning,
            play: #"expires = "never""#,
            edit: #"{"expires": "2099-01-01T00:00:00Z"}"#,
            details: ["direction": "set", "old": "never", "new": "2099-01-01T00:00:00Z"]
        ),
        ChangeRow(
            change: .expiryChanged,
            id: "removed",
            severity: .warning,
            edit: #"{"expires": "never"}"#,
            details: ["direction": "removed", "old": "2099-01-01T00:00:00Z", "new": "never"]
        ),
        ChangeRow(
            change: .accountChanged,
            id: "account",
            severity: .critical,
            edit: #"{"account": "eve@example.com"}"#,
            details: ["old": "john@example.com", "new": "eve@example.com"]
        ),
        ChangeRow(
            change: .renamed,
            id: "renamed",
            severity: .info,
            edit: #"{"name": "another"}"#,
            details: ["old": "renamed", "new": "another"]
        ),
        ChangeRow(
            change: .rotated,
            id: "rotated",
            severity: .info,
            edit: #"{"secret": "new-s3cret", "permissions": ["dns:*", "servers:*"]}"#,
            details: [
                "covers_old": "yes", "added": "dns:* servers:*",
                "removed": "dns:list servers:list", "old_expiry": "2099-01-01T00:00:00Z",
                "new_expiry": "2099-01-01T00:00:00Z", "new_name": "rotated",
            ]
        ),
        ChangeRow(
            change: .rotated,
            id: "covers-less",
            severity: .warning,
            edit: #"{"secret": "newer-s3cret", "permissions": ["dns:*"], "expires": "never"}"#,
            details: [
                "covers_old": "no", "added": "dns:*", "removed": "dns:list servers:list",
                "old_expiry": "2099-01-01T00:00:00Z", "new_expiry": "never",
            ]
        ),
    ]
}

@Suite(.timeLimit(.minutes(2)))
struct DaemonChangeTests {
    @Test func `every change is in the table`() {
        let rows = Set(ChangeRow.all.map(\.change))
        #expect(
            rows.union([.firstSeen, .forgotten, .leftList, .muted, .unmuted])
                == Set(Change.allCases)
        )
    }

    /// One daemon with a token for each row.
    @Test func `each change is told once, with what was and what is, and is in the history`()
        async throws
    {
        let rows = ChangeRow.all
        var settings = Settings()
        let stays = Settings.Token(id: "stays")
        settings.tokens = rows.map { Settings.Token(id: $0.id, play: $0.play) } + [stays]
        try await withDaemon(settings) { daemon in
            let count = settings.tokens.count
            try await daemon.untilPolled(count)
            for row in rows { try provoke(row, in: daemon) }
            try await daemon.pollNow()
            for row in rows {
                let told = try await daemon.told("changed", row.change.rawValue, of: row.id)
                expect(told, row)
                try await daemon.expectEverywhere(told)
                let history = try await daemon.command("history", row.id, "--json")
                #expect(history.output.contains(told.id), "\(history.output)")
            }
            // The same answer again is no change: the next one told is the next one made.
            try await daemon.untilPolled(2 * count)
            try await daemon.pollNow()
            try await daemon.untilPolled(3 * count)
            for row in rows { try daemon.sandbox.edit(row.id, json: #"{"name": "last"}"#) }
            try await daemon.pollNow()
            for row in rows {
                let first = daemon.told.first { $0.token == row.id }
                _ = try await daemon.told("changed", "renamed", of: row.id, after: first)
                let told = daemon.told.filter { $0.token == row.id }.map(\.type)
                #expect(told == [row.change.rawValue, "renamed"], "\(row.id)")
            }
            // No change is an alert.
            #expect(try await daemon.command("status").status == 0)
            settings.tokens = [stays]
            try daemon.configure(settings)
            #expect(try await daemon.command("reload").status == 0)
            for row in rows {
                let types = ["first_seen", row.change.rawValue, "renamed", "forgotten"]
                var events: [Told] = []
                // The reload is answered when it is decided, a little before it is written.
                while events.count < types.count {
                    events = try await daemon.events("?token=\(row.id)")
                }
                #expect(events.map(\.type) == types, "\(row.id)")
                #expect(events.allSatisfy { $0.phase == "changed" }, "\(row.id)")
                #expect(events.last?.severity == "info")
            }
            // Entering and leaving the configuration are recorded, not delivered.
            #expect(daemon.told.count == 2 * rows.count)
        }
    }

    private func provoke(_ row: ChangeRow, in daemon: DaemonUnderTest) throws {
        try daemon.sandbox.edit(row.id, json: row.edit)
        guard let secret = try JSONValue(parsing: Array(row.edit.utf8))["secret"]?.string else {
            return
        }
        try daemon.write(secret + "\n", to: daemon.secretFile(row.id))
    }

    private func expect(_ told: Told, _ row: ChangeRow) {
        #expect(told.severity == row.severity.rawValue, "\(row.id)")
        for key in ["alert_id", "since", "next_reminder_at"] {
            #expect(told.json[key]?.isNull == true, "\(row.id): \(key)")
        }
        #expect(told.summary.hasPrefix(row.id), "\(told.summary)")
        for (key, wanted) in row.details {
            let value = told.details[key]
            let list = value?.elements?.compactMap(\.string).joined(separator: " ")
            #expect(list ?? value?.string == wanted, "\(row.id): \(key)")
        }
    }

    @Test func `a new secret is one change that carries all that differs`() async throws {
        let play = "permissions = [\"dns:*\"]\nexpires = \"+5d\""
        try await withDaemon(Settings(.init(id: "a", play: play))) { daemon in
            let expiring = try await daemon.told("raised", "expiring")
            let edit = #"{"secret": "two", "permissions": ["dns:list"], "expires": "+90d"}"#
            try daemon.sandbox.edit("a", json: edit)
            try daemon.write("two\n", to: daemon.secretFile("a"))
            try await daemon.pollNow()
            let resolved = try await daemon.told("resolved", "expiring")
            #expect(resolved.alertID == expiring.id)
            let rotated = try await daemon.told("changed", "rotated")
            #expect(rotated.severity == "warning")
            #expect(rotated.details["added"]?[0]?.string == "dns:list")
            #expect(rotated.details["removed"]?[0]?.string == "dns:*")
            try await daemon.expectEverywhere(rotated)
            // Changes first, then resolved; nothing else is made of it.
            #expect(
                daemon.told.map(\.words) == [
                    "raised expiring a", "changed rotated a", "resolved expiring a",
                ]
            )
        }
    }

    @Test func `of one answer changes come first, then what resolves, then what is raised`()
        async throws
    {
        let token = Settings.Token(
            id: "a",
            config: #"require = ["dns:list"]"#,
            play: "permissions = [\"dns:list\"]\nexpires = \"+5d\""
        )
        try await withDaemon(Settings(token)) { daemon in
            _ = try await daemon.told("raised", "expiring")
            let edit = #"{"permissions": ["servers:list"], "expires": "+90d", "name": "n"}"#
            try daemon.sandbox.edit("a", json: edit)
            try await daemon.pollNow()
            _ = try await daemon.told("raised", "permissions_missing")
            let words = daemon.told.map(\.words)
            #expect(words.first == "raised expiring a")
            #expect(
                Set(words.dropFirst().prefix(3)) == [
                    "changed renamed a", "changed permissions_changed a",
                    "changed expiry_changed a",
                ]
            )
            #expect(
                words.suffix(2) == ["resolved expiring a", "raised permissions_missing a"],
                "\(words)"
            )
            let ids = try await daemon.events().map(\.id)
            #expect(ids == ids.sorted())
            #expect(Set(ids).count == ids.count)
        }
    }
}
