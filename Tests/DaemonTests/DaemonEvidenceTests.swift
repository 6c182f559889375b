import Formats
import Foundation
import Glibc
import Monitor
import Sandbox
import Testing

/// The verdicts on answers, and how often the daemon notifies of them.
@Suite(.timeLimit(.minutes(2)))
struct DaemonEvidenceTests {
    private static func settings(confirmAfter: String = "1h") -> Settings {
        var settings = Settings()
        settings.confirmAfter = confirmAfter
        return settings
    }

    /// Changes the stand-in's token and polls it.
    private func poll(_ daemon: DaemonUnderTest, _ edit: String) async throws {
        let before = try await daemon.overview()["polls"]?["done"]?.integer ?? 0
        try daemon.sandbox.edit("a", json: edit)
        try await daemon.pollNow("a")
        try await daemon.untilPolled(Int(before) + 1)
    }

    /// Has something told behind everything before it.
    private func marker(_ daemon: DaemonUnderTest) async throws {
        try await poll(daemon, #"{"name": "Marker"}"#)
        _ = try await daemon.told("changed", "renamed")
    }

    private func alert(_ token: JSONValue, _ condition: String) -> JSONValue? {
        token["alerts"]?.elements?.first { $0["condition"]?.string == condition }
    }

    @Test func `a rejection is shown at once, and told once a second poll confirms it`()
        async throws
    {
        try await withDaemon(Self.settings()) { daemon in
            try await daemon.untilSeen()
            try await poll(daemon, #"{"revoked": true}"#)
            let token = try await daemon.token { $0["state"]?.string == "critical" }
            let shown = try #require(alert(token, "rejected"))
            #expect(shown["confirmed"]?.bool == false)
            #expect(shown["next_reminder_at"]?.isNull == true)
            #expect(
                shown["summary"]?.string?.hasSuffix("not yet confirmed by a second poll") == true
            )
            let screen = try await daemon.command("status", "a")
            #expect(screen.status == 2)
            #expect(screen.output.contains("not yet confirmed"), "\(screen.output)")
            let why = try await daemon.command("explain", "a")
            #expect(why.output.contains("confirm_after = 1 h"), "\(why.output)")
            let ack = try await daemon.command("ack", "a", "--reason", "x")
            #expect(ack.status == 1)
            #expect(ack.errors.contains("rejected is not yet confirmed"), "\(ack.errors)")
            #expect(try await daemon.events().allSatisfy { $0.type != "rejected" })
            try await poll(daemon, "{}")
            let raised = try await daemon.told("raised", "rejected")
            #expect(raised.alertID == raised.id)
            #expect(alert(try await daemon.token(), "rejected")?["confirmed"]?.bool == true)
        }
    }

    @Test func `the second poll comes by itself after confirm_after`() async throws {
        try await withDaemon(Self.settings(confirmAfter: "1s")) { daemon in
            try await daemon.untilSeen()
            try daemon.sandbox.edit("a", json: #"{"revoked": true}"#)
            try await daemon.pollNow("a")
            // Otherwise it would be polled again in two hours.
            _ = try await daemon.told("raised", "rejected")
            #expect(try await daemon.overview()["polls"]?["done"]?.integer == 3)
        }
    }

    @Test(arguments: ["404", "403"])
    func `a page that is there once is recorded, and told to nobody`(status: String) async throws {
        try await withDaemon(Self.settings()) { daemon in
            try await daemon.untilSeen()
            try await poll(daemon, "{\"fault\": {\"status\": \(status)}}")
            let token = try await daemon.token()
            #expect(alert(token, "malformed")?["confirmed"]?.bool == false, "\(token)")
            try await poll(daemon, #"{"fault": "none"}"#)
            try await marker(daemon)
            #expect(daemon.told.map(\.words) == ["changed renamed a"])
            let recorded = try await daemon.events().filter { $0.type == "malformed" }
            #expect(recorded.map(\.phase) == ["raised", "resolved"])
            #expect(recorded.last?.summary.contains("not confirmed by a second poll") == true)
            let history = try await daemon.command("history", "a")
            #expect(history.output.contains(status), "\(history.output)")
        }
    }

    @Test func `a restart neither loses what awaits confirmation nor tells it twice`() async throws
    {
        try await withDaemon(Self.settings()) { daemon in
            try await daemon.untilSeen()
            try await poll(daemon, #"{"revoked": true}"#)
            for signal in [SIGTERM, SIGKILL] {
                // Its span is written in the same transaction.
                try await eventually {
                    let spans = try await daemon.ask("GET", "/v1/tokens/a/spans").json?.elements
                    return spans?.last?["outcome"]?.string == "rejected"
                }
                try await daemon.end(signal)
                try await daemon.start()
                let token = try await daemon.token()
                #expect(alert(token, "rejected")?["confirmed"]?.bool == false, "\(token)")
                #expect(token["state"]?.string == "critical")
            }
            try await poll(daemon, "{}")
            _ = try await daemon.told("raised", "rejected")
            // A delivery that is interrupted before its answer is read is made again.
            try await daemon.untilWaiting(0)
            try await daemon.end()
            try await daemon.start()
            try await poll(daemon, #"{"revoked": false}"#)
            _ = try await daemon.told("resolved", "rejected")
            #expect(daemon.told.map(\.words) == ["raised rejected a", "resolved rejected a"])
        }
    }

    @Test func `permissions that alternate are told five times a day, across a restart`()
        async throws
    {
        try await withDaemon(Self.settings()) { daemon in
            try await daemon.untilSeen()
            for turn in 0..<7 {
                let words = turn.isMultiple(of: 2) ? "dns:*" : "dns:list"
                try await poll(daemon, "{\"permissions\": [\"\(words)\"]}")
            }
            try await daemon.end()
            try await daemon.start()
            try await poll(daemon, #"{"permissions": ["dns:list"]}"#)
            try await marker(daemon)
            let told = daemon.told.filter { $0.type == "permissions_changed" }
            #expect(told.count == 5)
            #expect(told.last?.summary.contains("; unstable: changed 5 times") == true)
            #expect(told.dropLast().allSatisfy { !$0.summary.contains("unstable") })
            let recorded = try await daemon.events().filter { $0.type == "permissions_changed" }
            #expect(recorded.count == 8)
        }
    }

    @Test func `a token that is rejected by turns is told three times to be, and not to be well`()
        async throws
    {
        try await withDaemon(Self.settings(confirmAfter: "0s")) { daemon in
            try await daemon.untilSeen()
            for _ in 0..<6 {
                try await poll(daemon, #"{"revoked": true}"#)
                try await poll(daemon, #"{"revoked": false}"#)
            }
            try await marker(daemon)
            #expect(
                daemon.told.filter { $0.type == "rejected" }.map(\.phase)
                    == ["raised", "resolved", "raised", "resolved", "raised"]
            )
            #expect(try await daemon.token()["state"]?.string == "ok")
            // A restart does not show what is clear as if it held.
            try await daemon.end()
            try await daemon.start()
            #expect(try await daemon.token()["alerts"]?.elements?.isEmpty == true)
        }
    }

    @Test func `an acknowledgement outlasts an alert that comes back`() async throws {
        try await withDaemon(Self.settings(confirmAfter: "0s")) { daemon in
            try await daemon.untilSeen()
            try await poll(daemon, #"{"revoked": true}"#)
            _ = try await daemon.told("raised", "rejected")
            let ack = try await daemon.command("ack", "a", "--reason", "known", "--by", "ann")
            #expect(ack.status == 0, "\(ack.errors)")
            for turn in 0..<3 {
                try await poll(daemon, #"{"revoked": false}"#)
                if turn == 1 {
                    try await daemon.end()
                    try await daemon.start()
                }
                try await poll(daemon, #"{"revoked": true}"#)
                let shown = alert(try await daemon.token(), "rejected")
                #expect(shown?["acknowledged"]?["by"]?.string == "ann", "turn \(turn)")
            }
            let acks = try await daemon.command("acks")
            #expect(acks.output.contains("ann"), "\(acks.output)")
            // A rejected token's name cannot be read.
            try await poll(daemon, #"{"revoked": false}"#)
            try await marker(daemon)
            #expect(
                daemon.told.filter { $0.type == "rejected" }.map(\.phase) == ["raised", "resolved"]
            )
        }
    }

    @Test func `an expiry that trembles is the same, and one that moves on and on is rolling`()
        async throws
    {
        var settings = Self.settings()
        settings.tokens = [.init(id: "a", play: "expires = \"2099-01-01T00:00:00Z\"")]
        settings.policy = #"warn_before = ["25%"]"#
        try await withDaemon(settings) { daemon in
            try await daemon.untilSeen()
            try await poll(daemon, #"{"expires": "2099-01-01T00:00:01Z"}"#)
            try await poll(daemon, #"{"expires": "2098-12-31T23:58:01Z"}"#)
            for month in 2...7 {
                try await poll(daemon, "{\"expires\": \"2099-0\(month)-01T00:00:00Z\"}")
            }
            try await marker(daemon)
            let told = daemon.told.filter { $0.type == "expiry_changed" }
            #expect(told.count == 3)
            #expect(told.last?.summary.contains("rolling") == true)
            #expect(try await daemon.token()["expiry_rolling"]?.bool == true)
            let status = try await daemon.command("status", "a")
            #expect(status.output.contains(", rolling"), "\(status.output)")
            let why = try await daemon.command("explain", "a")
            #expect(why.output.contains("rolling"), "\(why.output)")
            try await daemon.end()
            try await daemon.start()
            #expect(try await daemon.token()["expiry_rolling"]?.bool == true)
        }
    }

    @Test func `what a host's alert stands for shows no reminder, and its acknowledgement says so`()
        async throws
    {
        let ids = ["a", "b", "c", "d", "e", "f"]
        var settings = Self.settings()
        settings.tokens = ids.map { Settings.Token(id: $0) }
        try await withDaemon(settings) { daemon in
            for id in ids { try await daemon.untilSeen(id) }
            for id in ids { try daemon.sandbox.edit(id, json: #"{"revoked": true}"#) }
            try await daemon.pollNow()
            _ = try await daemon.told("raised", "host_rejecting", of: "-")
            let token = try await daemon.token {
                self.alert($0, "rejected")?["covered_by"]?.string == "host_rejecting"
            }
            #expect(alert(token, "rejected")?["next_reminder_at"]?.isNull == true)
            let status = try await daemon.command("status", "a")
            #expect(status.output.contains("covered by host_rejecting, the alert of its host"))
            #expect(!status.output.contains("next reminder"))
            let ack = try await daemon.command("ack", "a", "rejected", "--reason", "known")
            #expect(ack.status == 0, "\(ack.errors)")
            #expect(
                ack.output.contains(
                    "host_rejecting, the alert of its host, covers it now and keeps"
                ),
                "\(ack.output)"
            )
        }
    }
}
