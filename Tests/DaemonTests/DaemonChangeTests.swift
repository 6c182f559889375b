import Foundation
import Monitor
import Sandbox
import Testing

/// Something that happens once at the provider.
struct ProvokedChange: Sendable, CustomTestStringConvertible {
    var type: String
    var severity: String
    var play = "permissions = [\"dns:list\", \"servers:list\"]\nexpires = \"+60d\""
    var edit: String
    /// What `details` says, member by member.
    var details: [String: String] = [:]

    var testDescription: String { "\(type) \(details["direction"] ?? "")" }
}

@Suite(.timeLimit(.minutes(2)))
struct DaemonChangeTests {
    @Test(arguments: [
        ProvokedChange(
            type: "permissions_changed",
            severity: "warning",
            edit: #"{"permissions": ["dns:*", "servers:list"]}"#,
            details: ["direction": "widened", "added": "dns:*", "removed": "dns:list"]
        ),
        ProvokedChange(
            type: "permissions_changed",
            severity: "warning",
            edit: #"{"permissions": ["dns:list"]}"#,
            details: ["direction": "narrowed", "added": "", "removed": "servers:list"]
        ),
        ProvokedChange(
            type: "permissions_changed",
            severity: "warning",
            edit: #"{"permissions": ["dns:list", "vps:*"]}"#,
            details: ["direction": "both", "added": "vps:*", "removed": "servers:list"]
        ),
        ProvokedChange(
            type: "permissions_changed",
            severity: "info",
            play: #"permissions = ["servers:list", "servers:*"]"#,
            edit: #"{"permissions": ["servers:*"]}"#,
            details: ["direction": "rewritten", "added": "", "removed": "servers:list"]
        ),
        ProvokedChange(
            type: "expiry_changed",
            severity: "info",
            edit: #"{"expires": "2099-01-01T00:00:00Z"}"#,
            details: ["direction": "extended", "new": "2099-01-01T00:00:00Z"]
        ),
        ProvokedChange(
            type: "expiry_changed",
            severity: "warning",
            play: #"expires = "2099-01-01T00:00:00Z""#,
            edit: #"{"expires": "2098-01-01T00:00:00Z"}"#,
            details: [
                "direction": "shortened", "old": "2099-01-01T00:00:00Z",
                "new": "2098-01-01T00:00:00Z",
            ]
        ),
        ProvokedChange(
            type: "expiry_changed",
            severity: "warning",
            play: #"expires = "never""#,
            edit: #"{"expires": "2099-01-01T00:00:00Z"}"#,
            details: ["direction": "set", "old": "never", "new": "2099-01-01T00:00:00Z"]
        ),
        ProvokedChange(
            type: "expiry_changed",
            severity: "warning",
            play: #"expires = "2099-01-01T00:00:00Z""#,
            edit: #"{"expires": "never"}"#,
            details: ["direction": "removed", "old": "2099-01-01T00:00:00Z", "new": "never"]
        ),
        ProvokedChange(
            type: "renamed",
            severity: "info",
            edit: #"{"name": "b"}"#,
            details: ["old": "a", "new": "b"]
        ),
        ProvokedChange(
            type: "account_changed",
            severity: "critical",
            edit: #"{"account": "eve@example.com"}"#,
            details: ["old": "john@example.com", "new": "eve@example.com"]
        ),
    ])
    func `a change is told once, with what was and what is, and shows in the token's history`(
        change: ProvokedChange
    ) async throws {
        try await withDaemon(Settings(.init(id: "a", play: change.play))) { daemon in
            try await daemon.untilSeen()
            try daemon.sandbox.edit("a", json: change.edit)
            try await daemon.pollNow()
            let told = try await daemon.told("changed", change.type)
            #expect(told.severity == change.severity)
            #expect(told.json["alert_id"]?.isNull == true)
            #expect(told.json["since"]?.isNull == true)
            for (key, wanted) in change.details {
                let value = told.details[key]
                let found =
                    value?.elements.map { $0.compactMap(\.string).joined(separator: " ") }
                    ?? value?.string
                #expect(found == wanted, "\(key)")
            }
            try await daemon.expectEverywhere(told)
            let history = try await daemon.ask("GET", "/v1/tokens/a/history").json?.elements ?? []
            #expect(history.map { $0["type"]?.string } == ["first_seen", change.type])
            let command = try await daemon.command("history", "a")
            #expect(command.status == 0)
            #expect(command.output.contains(told.summary), "\(command.output)")
            // The same answer again is no change.
            let polls = daemon.sandbox.record.total
            try await daemon.pollNow()
            try await daemon.sandbox.wait { $0.total > polls }
            try await daemon.untilSeen()
            #expect(daemon.told.map(\.type) == [change.type])
            // No change is an alert.
            #expect(try await daemon.command("status").status == 0)
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
