import Formats
import Foundation
import Glibc
import Monitor
import Sandbox
import Testing

/// Outages of a host: one alert for all of its tokens.
@Suite(.timeLimit(.minutes(2)))
struct DaemonHostTests {
    private static let ids = ["a", "b", "c", "d", "e", "f"]

    private static func settings(_ policy: String = "") -> Settings {
        var settings = Settings(polling: Settings.busy)
        settings.tokens = ids.map { Settings.Token(id: $0) }
        settings.policy = policy
        return settings
    }

    private static func edit(_ ids: [String], _ json: String, _ daemon: DaemonUnderTest) throws {
        for id in ids { try daemon.sandbox.edit(id, json: json) }
    }

    @Test func `a host that rejects all of its tokens is one alert and one end`() async throws {
        try await withDaemon(Self.settings()) { daemon in
            for id in Self.ids { try await daemon.untilSeen(id) }
            try Self.edit(Self.ids, #"{"revoked": true}"#, daemon)
            let raised = try await daemon.told("raised", "host_rejecting", of: "-")
            #expect(raised.severity == "critical")
            #expect(raised.json["subject"]?.string == "host")
            #expect(raised.json["host"]?.string == daemon.sandbox.baseURL.hostAndPort)
            for id in Self.ids {
                try await daemon.token(id) {
                    $0["alerts"]?.elements?.contains { $0["condition"]?.string == "rejected" }
                        == true
                }
            }
            #expect(try await daemon.command("status").status == 2)
            try Self.edit(Self.ids, #"{"revoked": false}"#, daemon)
            let resolved = try await daemon.told(
                "resolved",
                "host_rejecting",
                of: "-",
                after: raised
            )
            #expect(resolved.alertID == raised.id)
            for id in Self.ids { try await daemon.token(id) { $0["state"]?.string == "ok" } }
            try await daemon.untilWaiting(0)
            #expect(daemon.told.filter { $0.type == "rejected" }.map(\.words) == [])
            #expect(daemon.told.count { $0.type == "host_rejecting" } == 2)
            let recorded = try await daemon.events().filter { $0.type == "rejected" }
            #expect(recorded.count { $0.phase == "raised" } == Self.ids.count)
        }
    }

    @Test func `an outage is one alert over a restart, escalates, and expiries come through`()
        async throws
    {
        let policy = #"""
            unreachable_after = "2s"
            unreachable_critical_after = "8s"
            warn_before = ["30d"]
            """#
        var settings = Self.settings(policy)
        settings.tokens[0].play = "permissions = [\"dns:list\"]\nexpires = \"+30d4s\""
        try await withDaemon(settings) { daemon in
            for id in Self.ids { try await daemon.untilSeen(id) }
            try Self.edit(Self.ids, #"{"fault": {"status": 503}}"#, daemon)
            let raised = try await daemon.told("raised", "host_unreachable", of: "-")
            #expect(raised.severity == "warning")
            _ = try await daemon.told("raised", "expiring", of: "a")
            #expect(try await daemon.end(SIGKILL) != 0)
            try await daemon.start()
            let escalated = try await daemon.told(
                "escalated",
                "host_unreachable",
                of: "-",
                after: raised
            )
            #expect(escalated.severity == "critical")
            #expect(escalated.alertID == raised.id)
            try Self.edit(Self.ids, #"{"fault": null}"#, daemon)
            try await daemon.pollNow()
            _ = try await daemon.told("resolved", "host_unreachable", of: "-", after: escalated)
            for id in Self.ids.dropFirst() {
                try await daemon.token(id) { $0["state"]?.string == "ok" }
            }
            try await daemon.untilWaiting(0)
            #expect(daemon.told.filter { $0.type == "unreachable" }.map(\.words) == [])
            #expect(daemon.told.count { $0.type == "host_unreachable" } == 3)
        }
    }

    @Test func `a provider that is down for 400 tokens is one alert and one end`() async throws {
        var settings = Settings(polling: #"interval = "3s""#)
        settings.tokens = (0..<400).map { Settings.Token(id: "t\($0)") }
        settings.policy = #"unreachable_after = "5s""#
        try await withDaemon(settings) { daemon in
            for id in ["t0", "t399"] { try await daemon.untilSeen(id) }
            var down = Fault()
            down.status = 502
            var edit = APIEdit()
            edit.fault = down
            daemon.sandbox.edit(edit)
            let raised = try await daemon.told("raised", "host_unreachable", of: "-")
            // An answer that the daemon has not read when it stops is delivered again.
            try await daemon.untilWaiting(0)
            #expect(try await daemon.end() == 0)
            try await daemon.start()
            let count = try #require(raised.details["count"]?.integer)
            #expect(count >= 200 && raised.details["of"]?.integer == 400)
            #expect(raised.details["tokens"]?.elements?.count == Int(count))
            try await daemon.token("t7") { !($0["alerts"]?.elements ?? []).isEmpty }
            edit.fault = .some(nil)
            daemon.sandbox.edit(edit)
            _ = try await daemon.told("resolved", "host_unreachable", of: "-", after: raised)
            try await daemon.token("t399") { $0["state"]?.string == "ok" }
            try await daemon.untilWaiting(0)
            // A token whose last answer from the outage arrives after the recovery has its own alert.
            let own = daemon.told.filter { $0.type == "unreachable" }
            #expect(own.count <= 16, "\(own.map(\.words))")
            #expect(own.allSatisfy { ["reminded", "resolved"].contains($0.phase) })
            #expect(
                daemon.told.filter { $0.type != "unreachable" }.map(\.words)
                    == [raised.words, "resolved host_unreachable -"]
            )
        }
    }

    @Test func `the alert of a host that rejects 100 tokens names them all, and so does its end`()
        async throws
    {
        var settings = Settings(polling: #"interval = "1d""#)
        settings.tokens = (0..<100).map { Settings.Token(id: "t\($0)") }
        try await withDaemon(settings) { daemon in
            try await daemon.untilPolled(100)
            var down = Fault()
            down.status = 401
            var edit = APIEdit()
            edit.fault = down
            daemon.sandbox.edit(edit)
            try await daemon.pollNow("t7")
            let raised = try await daemon.told("raised", "host_rejecting", of: "-")
            #expect(raised.details["count"]?.integer == 100)
            #expect(raised.details["tokens"]?.elements?.count == 100)
            edit.fault = .some(nil)
            daemon.sandbox.edit(edit)
            try await daemon.pollNow("t7")
            let end = try await daemon.told("resolved", "host_rejecting", of: "-", after: raised)
            #expect(end.summary.hasSuffix(": it accepts tokens again"), "\(end.summary)")
        }
    }

    @Test func `tokens that are overdue for want of capacity are one warning that names the cause`()
        async throws
    {
        var settings = Settings(polling: "interval = \"1s\"\nper_host = 1")
        settings.tokens = (0..<12).map { Settings.Token(id: "t\($0)") }
        try await withDaemon(settings) { daemon in
            var slow = Fault()
            slow.latency = .milliseconds(500)
            var edit = APIEdit()
            edit.fault = slow
            daemon.sandbox.edit(edit)
            let raised = try await daemon.told("raised", "falling_behind", of: "-")
            #expect(raised.severity == "warning")
            #expect(raised.json["subject"]?.string == "daemon")
            #expect(raised.details["cause"]?.string == "per_host")
            #expect(raised.details["host"]?.string == daemon.sandbox.baseURL.hostAndPort)
            #expect(raised.details["of"]?.integer == 12)
            let metrics = try await daemon.ask("GET", "/metrics").text
            #expect(metrics.contains("condition=\"falling_behind\""))
            #expect(metrics.contains("tokenwatchd_tokens_overdue "))
            #expect(!metrics.contains("tokenwatchd_tokens_overdue 0\n"))
            for id in 0..<12 { try await daemon.untilSeen("t\(id)") }
        }
    }

    @Test func `a token that stays refused is told of when its host accepts the others again`()
        async throws
    {
        try await withDaemon(Self.settings()) { daemon in
            for id in Self.ids { try await daemon.untilSeen(id) }
            try Self.edit(Self.ids, #"{"revoked": true}"#, daemon)
            let raised = try await daemon.told("raised", "host_rejecting", of: "-")
            try Self.edit(Array(Self.ids.dropFirst()), #"{"revoked": false}"#, daemon)
            _ = try await daemon.told("resolved", "host_rejecting", of: "-", after: raised)
            let own = try await daemon.told("reminded", "rejected", of: "a", after: raised)
            #expect(own.severity == "critical")
            try daemon.sandbox.edit("a", json: #"{"revoked": false}"#)
            try await daemon.pollNow("a")
            let end = try await daemon.told("resolved", "rejected", of: "a", after: own)
            #expect(end.alertID == own.alertID)
            try await daemon.untilWaiting(0)
            #expect(daemon.told.filter { $0.type == "rejected" }.allSatisfy { $0.token == "a" })
        }
    }

    @Test func `fewer than five refused tokens are told of each by its own alert, at once`()
        async throws
    {
        try await withDaemon(Self.settings()) { daemon in
            for id in Self.ids { try await daemon.untilSeen(id) }
            let refused = Array(Self.ids.prefix(4))
            try Self.edit(refused, #"{"revoked": true}"#, daemon)
            for id in refused { _ = try await daemon.told("raised", "rejected", of: id) }
            #expect(!daemon.told.contains { $0.type == "host_rejecting" })
        }
    }
}

extension String {
    /// Of a URL without a path.
    fileprivate var hostAndPort: String { String(dropFirst("http://".count)) }
}
