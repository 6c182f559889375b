import Alerting
import Formats
import Foundation
import Monitor
import Sandbox
import System
import Testing

/// A token's history on the screen of `history`.
@Suite(.timeLimit(.minutes(2)))
struct DaemonHistoryTests {
    /// Polls until the last answer is of a kind.
    private func poll(_ daemon: DaemonUnderTest, until outcome: String) async throws {
        let done = try await daemon.overview()["polls"]?["done"]?.integer ?? 0
        try await daemon.pollNow()
        try await daemon.untilPolled(Int(done) + 1)
        #expect(try await daemon.token()["last_outcome"]?.string == outcome)
    }

    /// Waits until the first answer is in the record.
    private func untilWritten(_ daemon: DaemonUnderTest) async throws {
        try await eventually {
            let spans = try await daemon.ask("GET", "/v1/tokens/a/spans").json?.elements
            return spans?.last?["outcome"]?.string == "ok"
        }
    }

    /// `told` waits for what the webhook gets; this for what is in the record.
    private func changed(_ daemon: DaemonUnderTest, _ edit: String, _ type: String) async throws {
        try daemon.sandbox.edit("a", json: edit)
        try await daemon.pollNow()
        _ = try await daemon.told("changed", type)
    }

    @Test func `history draws a life: permissions, expiry, outages, rotation, owner and use`()
        async throws
    {
        var settings = Settings(
            .init(
                id: "a",
                config: "owner = \"platform team\"",
                play: "permissions = [\"dns:list\", \"servers:list\"]\nstamps_use = \"never\"\n"
                    + "last_used = \"-2h\"\n"
                    + "expires = \"2099-01-01T00:00:00Z\""
            )
        )
        settings.policy = "allow = [\"dns:*\", \"servers:list\"]"
        try await withDaemon(settings) { daemon in
            // Polls that are written together are one line of the record.
            try await untilWritten(daemon)
            try await changed(
                daemon,
                #"{"permissions": ["dns:list", "billing:read"]}"#,
                "permissions_changed"
            )
            try await changed(
                daemon,
                #"{"expires": "2099-04-01T00:00:00Z", "permissions": ["dns:list"]}"#,
                "expiry_changed"
            )
            try daemon.sandbox.edit("a", json: #"{"fault": {"status": 503}}"#)
            try await poll(daemon, until: "server_error")
            let asleep = try await daemon.token()["last_poll_at"]
            // So long that it can be seen in seconds.
            let awake = (instant(asleep) ?? start) + .milliseconds(2100)
            try await eventually { SystemClock.now().instant >= awake }
            try daemon.sandbox.edit("a", json: #"{"fault": "none"}"#)
            try await poll(daemon, until: "ok")
            try daemon.write("new-s3cret\n", to: daemon.secretFile("a"))
            try await changed(
                daemon,
                #"{"secret": "new-s3cret", "permissions": ["servers:list"]}"#,
                "rotated"
            )
            settings.tokens[0].config = "owner = \"ops\""
            try daemon.configure(settings)
            #expect(try await daemon.ask("POST", "/v1/reload").status == 200)
            try await changed(daemon, #"{"name": "other"}"#, "renamed")

            // Before all own polls, and no full minute, which might stand for one of them.
            let ago = SystemClock.now().instant.seconds - 600
            let used = Instant(seconds: ago % 60 == 0 ? ago - 1 : ago).rfc3339
            try daemon.sandbox.edit("a", json: "{\"last_used\": \"\(used)\"}")
            try await poll(daemon, until: "ok")
            let token = try await daemon.token()
            try #require(token["last_used_elsewhere_at"]?.isNull == false, "\(token)")

            let screen = try await daemon.screen(columns: 80, "history", "a")
            #expect(screen.status == 0)
            let lines = screen.lines.map(Terminal.plain)
            let text = lines.joined(separator: "\n")
            for line in lines { #expect(line.count <= 80, "\(line)") }
            #expect(lines.first?.hasPrefix("a: on record since ") == true, "\(text)")
            // What stands behind the times, in this order.
            let expected = [
                "  is now watched",
                "  first answer: dns:list, servers:list; expires",
                "  permissions widened and narrowed",
                "  + billing:read",
                "  - servers:list",
                "! permissions_excess, warning: ",
                "  expiry extended by 90 d: from 2099-01-01 00:00 UTC to",
                ". permissions_excess resolved after ",
                "  no answer for 2 s: ",
                "  rotated: a new secret, which covers less",
                "  + servers:list",
                "  - dns:list",
                "  owner: ops (was platform team)",
                "  was renamed from \"a\" to \"other\"",
                "  ok; expires in ",
            ]
            var rest = lines.map { String($0.dropFirst(18)) }[...]
            for start in expected {
                let place = rest.firstIndex { $0.hasPrefix(start) }
                #expect(place != nil, "\(start) is not, or too early, in\n\(text)")
                if let place { rest = rest[(place + 1)...] }
            }
            #expect(lines.contains { $0.contains("  last known use elsewhere") }, "\(text)")
            #expect(lines.contains { $0.hasPrefix("now     ") }, "\(text)")
            // Without a terminal nothing is cut, and each entry is one line.
            let plain = try await daemon.command("history", "a")
            #expect(plain.output.contains("from 2099-01-01 00:00 UTC to 2099-04-01 00:00 UTC\n"))
            let events = try await daemon.command("history", "a", "--json")
            let recorded = try await daemon.events("?limit=1000&token=a")
            let printed = try JSONValue(parsing: Array(events.output.utf8)).elements ?? []
            #expect(printed == recorded.map(\.json))
        }
    }

    @Test func `a token that has left has a history, one that never was has none`() async throws {
        var settings = Settings(.init(id: "a"), .init(id: "b", play: "expires = \"+5d\""))
        try await withDaemon(settings) { daemon in
            _ = try await daemon.told("raised", "expiring", of: "b")
            settings.tokens.removeLast()
            try daemon.configure(settings)
            #expect(try await daemon.ask("POST", "/v1/reload").status == 200)
            _ = try await daemon.told("resolved", "expiring", of: "b")
            let history = try await daemon.command("history", "b")
            #expect(history.status == 0)
            for text in ["expiring, warning: ", "expiring resolved", "no longer watched"] {
                #expect(history.output.contains(text), "\(history.output)")
            }
            #expect(try await daemon.ask("GET", "/v1/tokens/b/spans").status == 200)
            #expect(try await daemon.ask("GET", "/v1/tokens/c/spans").status == 404)
            let never = try await daemon.command("history", "c")
            #expect(never.status == 3)
            #expect(never.errors.contains("there is no token \"c\""), "\(never.errors)")
        }
    }

    private var start: Instant { Instant(seconds: 0) }
}
